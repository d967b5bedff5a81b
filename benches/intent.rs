//! How long the text engine takes: one decision on short, usual and longest texts, and the lexicon: as the build left it, and
//! compiled because a file lies over the built-in ones.

use std::hint::black_box;

use baja::intent::{Context, Lexicon};
use criterion::{Criterion, criterion_group, criterion_main};

const CHAT: &str = "Hola buenas tardes, quería preguntar si el pedido que hice el martes ya salió, porque me dijeron \
                    que llegaba hoy y todavía no tengo noticias. ¿Me avisan por favor cuando esté en camino? Mil gracias";
const STOP: &str = "Buenas tardes, les escribo porque llevo tres semanas recibiendo mensajes casi todos los días y ya \
                    es demasiado, les pido que por favor ya no me manden más mensajes a este número, muchas gracias";

fn decisions(c: &mut Criterion) {
    let Ok(lexicon) = Lexicon::builtin() else { return };
    let context = Context::default();
    let longest: String = CHAT.chars().cycle().take(4096).collect();
    for (name, text) in
        [("keyword", "STOP"), ("chat-200", CHAT), ("stop-200", STOP), ("chat-4096", longest.as_str())]
    {
        c.bench_function(&format!("intent/{name}"), |b| {
            b.iter(|| lexicon.classify(black_box(text), &context))
        });
    }
}

fn build(c: &mut Criterion) {
    c.bench_function("intent/builtin", |b| b.iter(Lexicon::builtin));
    let own = || [("own.toml".to_owned(), "language = \"en\"\n".to_owned())];
    c.bench_function("intent/build", |b| b.iter(|| Lexicon::with_overrides(own())));
}

criterion_group!(benches, decisions, build);
criterion_main!(benches);
