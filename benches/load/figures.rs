//! Of many measurements, the ones to look at.

/// The value that `share` of all are not above.
pub fn quantile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() as f64 * share).ceil() as usize;
    values[place.clamp(1, values.len()) - 1]
}

pub fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}
