use super::*;

#[track_caller]
fn has(metrics: &Metrics, line: &str) {
    let text = metrics.encode();
    assert!(text.lines().any(|found| found == line), "{line}\n{text}");
}

#[test]
fn fixed_labels_are_reported_as_zeros_from_the_start() {
    let metrics = Metrics::new();
    for line in [
        "baja_webhooks_total{outcome=\"ok\"} 0",
        "baja_webhooks_total{outcome=\"store_unavailable\"} 0",
        "baja_events_total{kind=\"said\"} 0",
        "baja_decisions_total{action=\"none\",source=\"typed\",language=\"none\"} 0",
        "baja_ledger_writes_total{result=\"duplicate\"} 0",
        "baja_near_misses_total{event=\"noted\"} 0",
        "baja_outbox_jobs{state=\"due\"} 0",
        "baja_outbox_oldest_seconds{state=\"unknown\"} 0.0",
        "baja_confirmation_sends_total{result=\"sent\"} 0",
        "baja_redis_duration_seconds_count{operation=\"webhook\"} 0",
        "baja_webhook_duration_seconds_count 0",
        "baja_redis_reconnects_total 0",
        "baja_background_dropped_total 0",
        "baja_last_webhook_timestamp_seconds 0",
        "# HELP baja_webhooks Webhooks received, by what became of them.",
        "# EOF",
    ] {
        has(&metrics, line);
    }
}

#[test]
fn every_method_moves_its_own_metric() {
    let metrics = Metrics::default();
    metrics.webhook(WebhookOutcome::StoreUnavailable);
    metrics.handshake(HandshakeOutcome::Refused);
    metrics.reload(ReloadOutcome::Refused);
    metrics.last_webhook(1_790_000_000);
    metrics.answered(Duration::from_millis(3));
    metrics.events(EventKind::TestButton, 3);
    metrics.broken("message");
    metrics.decision(DecisionAction::Stop, DecisionSource::Typed, Some("pt-BR"));
    metrics.decision(DecisionAction::None, DecisionSource::History, None);
    metrics.ledger(LedgerResult::Older);
    metrics.near_miss(NearMissEvent::Yes, 2);
    metrics.api(ApiOutcome::Limited);
    metrics.outbox(OutboxState::Unknown, 2, Duration::from_millis(1500));
    metrics.sent(SendResult::Stopped);
    metrics.dropped("window_closed");
    metrics.redis(RedisOperation::Background, Duration::from_micros(80));
    metrics.redis_reconnected();
    metrics.background_dropped();
    for line in [
        "baja_webhooks_total{outcome=\"store_unavailable\"} 1",
        "baja_webhooks_total{outcome=\"ok\"} 0",
        "baja_handshakes_total{outcome=\"refused\"} 1",
        "baja_reloads_total{outcome=\"refused\"} 1",
        "baja_last_webhook_timestamp_seconds 1790000000",
        "baja_webhook_duration_seconds_bucket{le=\"0.005\"} 1",
        "baja_events_total{kind=\"test_button\"} 3",
        "baja_broken_items_total{kind=\"message\"} 1",
        "baja_decisions_total{action=\"stop\",source=\"typed\",language=\"pt-BR\"} 1",
        "baja_decisions_total{action=\"none\",source=\"history\",language=\"none\"} 1",
        "baja_ledger_writes_total{result=\"older\"} 1",
        "baja_near_misses_total{event=\"yes\"} 2",
        "baja_api_requests_total{outcome=\"limited\"} 1",
        "baja_outbox_jobs{state=\"unknown\"} 2",
        "baja_outbox_oldest_seconds{state=\"unknown\"} 1.5",
        "baja_confirmation_sends_total{result=\"stopped\"} 1",
        "baja_confirmations_dropped_total{reason=\"window_closed\"} 1",
        "baja_redis_duration_seconds_bucket{le=\"0.0001\",operation=\"background\"} 1",
        "baja_redis_reconnects_total 1",
        "baja_background_dropped_total 1",
    ] {
        has(&metrics, line);
    }
}

#[test]
fn in_flight_ends_with_its_guard_also_in_a_panic() {
    let metrics = Metrics::new();
    let guard = metrics.in_flight();
    has(&metrics, "baja_webhooks_in_flight 1");
    drop(guard);
    has(&metrics, "baja_webhooks_in_flight 0");
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = metrics.in_flight();
        std::panic::resume_unwind(Box::new("gone"));
    }));
    assert!(unwound.is_err());
    has(&metrics, "baja_webhooks_in_flight 0");
}

#[test]
fn apps_do_not_share_metrics() {
    let (one, other) = (Metrics::new(), Metrics::new());
    one.webhook(WebhookOutcome::Ok);
    has(&other, "baja_webhooks_total{outcome=\"ok\"} 0");
}
