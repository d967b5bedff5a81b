//! The cases, in the order in which they are played: later ones build on earlier ones.

use serde_json::{Value, json};

use super::{
    case::{Ask, Case, Expected, Proof},
    stage::Signer,
    webhook::{Guest, body, button, list_reply, text},
};

const LUCIA: Guest = guest(Some("5491155550142"), "AR.20417768830915527714", "Lucía Ejemplo");
const BRUNO: Guest = guest(Some("5511955550187"), "BR.31559800172664481203", "Bruno Exemplo");
const MARTA: Guest = guest(Some("34655550111"), "ES.77013390264418850026", "Marta Ejemplo");
const OWEN: Guest = guest(Some("447700900142"), "GB.10448820039165527701", "Owen Example");
const PABLO: Guest = guest(Some("573005550164"), "CO.44018827730915520093", "Pablo Ejemplo");
const ROSA: Guest = guest(Some("56955550123"), "CL.60911837720415529915", "Rosa Ejemplo");
const INES: Guest = guest(Some("51955550178"), "PE.83301920077416625508", "Inés Ejemplo");
const ANA: Guest = guest(None, "MX.90017765520044113386", "Ana");
const JORGE: Guest = guest(Some("5215555550133"), "MX.11873300952204418867", "Jorge Ejemplo");
const SARA: Guest = guest(Some("34655550122"), "ES.25501837720918844106", "Sara Ejemplo");
const DIEGO: Guest = guest(Some("573005550171"), "CO.70025518839914420067", "Diego Ejemplo");
const EVA: Guest = guest(Some("34655550133"), "ES.91100337728816650254", "Eva Ejemplo");

const fn guest(wa_id: Option<&'static str>, user_id: &'static str, name: &'static str) -> Guest {
    Guest { wa_id, user_id, name }
}

/// Every case, as of `now` (unix seconds).
pub(super) fn all(now: i64) -> Vec<Case> {
    let typed = LUCIA.message("DEMO0001", now - 60, text("BAJA"));
    let mut cases = vec![
        Case {
            note: "Every identifier of hers goes on the list, and every spelling of her number.",
            asks: vec![leaves("5491155550142"), leaves("541155550142"), leaves("AR.20417768830915527714")],
            messages: vec![told("+5491155550142", "no te enviaremos más mensajes")],
            evidence: Some(Proof { of: "5491155550142", says: "source text" }),
            ..said("Somebody types BAJA", LUCIA, &typed)
        },
        Case {
            note: "The tap carries what the sender put behind the button; the label tells the language.",
            asks: vec![leaves("5511955550187")],
            messages: vec![told("+5511955550187", "não enviaremos mais mensagens")],
            evidence: Some(Proof { of: "5511955550187", says: "reference campaign-77" }),
            ..said(
                "Somebody taps the button of a template",
                BRUNO,
                &BRUNO.message("DEMO0002", now - 55, button("Parar promoções", "OPTOUT|campaign-77")),
            )
        },
        Case {
            note: "Lucía answers the list under her confirmation. It is kept, and she is not written to again.",
            asks: vec![stays("5491155550142")],
            evidence: Some(Proof { of: "5491155550142", says: "reason lost_interest" }),
            ..said(
                "Somebody picks a reason from the list",
                LUCIA,
                &LUCIA.message(
                    "DEMO0003",
                    now - 50,
                    list_reply("optout:reason:lost_interest", "Ya no me interesa"),
                ),
            )
        },
        preference(now - 45),
        Case {
            note: "The same bytes as in case 1. Meta repeats what it is not sure of, for up to seven days.",
            asks: vec![stays("5491155550142")],
            evidence: Some(Proof { of: "5491155550142", says: "reason lost_interest" }),
            ..said("The same webhook is delivered again", LUCIA, &typed)
        },
        Case {
            note: "Nothing is read of what Meta did not sign.",
            signer: Signer::Forger,
            asks: vec![is_free("447700900142")],
            ..said("Somebody forges a webhook", OWEN, &OWEN.message("DEMO0006", now - 40, text("STOP")))
        },
        Case {
            note: "ALTA from a minute before her BAJA arrives after it. What counts is when it was said.",
            asks: vec![stays("5491155550142")],
            ..said("An older START arrives late", LUCIA, &LUCIA.message("DEMO0007", now - 120, text("ALTA")))
        },
        Case {
            note: "Bruno taps a row of the confirmation of case 2, and is told so in its language.",
            asks: vec![Ask { before: true, after: false, ..stays("5511955550187") }],
            messages: vec![told("+5511955550187", "você voltará a receber")],
            ..said(
                "A tap on \"it was a mistake\" brings somebody back",
                BRUNO,
                &BRUNO.message("DEMO0008", now - 35, list_reply("optin|undo", "Foi engano")),
            )
        },
        broken_neighbour(now - 30),
    ];
    cases.extend([
        Case {
            note: "People with a username may not show their number. They are known by Meta's id for them.",
            asks: vec![leaves("MX.90017765520044113386")],
            messages: vec![told("MX.90017765520044113386", "we will not send you")],
            ..said(
                "Somebody without a number says stop",
                ANA,
                &ANA.message("DEMO0012", now - 25, text("stop")),
            )
        },
        Case {
            note: "WhatsApp says 52 1 55…, the sender's address book 52 55…: both are on the list.",
            asks: vec![leaves("525555550133"), leaves("5215555550133")],
            messages: vec![told("+5215555550133", "no te enviaremos más mensajes")],
            ..said(
                "A Mexican number is asked for in its other spelling",
                JORGE,
                &JORGE.message("DEMO0013", now - 20, text("Baja, por favor 🙏")),
            )
        },
        sentence(now - 15),
        Case {
            note: "Only offers stop; everything else may still be sent.",
            asks: vec![Ask { topic: Some("offers"), ..leaves("573005550171") }, is_free("573005550171")],
            messages: vec![told("+573005550171", "ofertas")],
            evidence: Some(Proof { of: "573005550171", says: "reference autumn" }),
            ..said(
                "Somebody wants no more of one topic",
                DIEGO,
                &DIEGO.message("DEMO0015", now - 10, button("No más ofertas", "OPTOUT:offers|autumn")),
            )
        },
        Case {
            note: "An order is cancelled, not a subscription.",
            asks: vec![is_free("34655550133"), Ask { topic: Some("marketing"), ..is_free("34655550133") }],
            ..said(
                "Somebody cancels an order",
                EVA,
                &EVA.message("DEMO0016", now - 5, text("quiero cancelar mi pedido")),
            )
        },
        status_only(now),
    ]);
    cases
}

/// A message of one person, from which nothing follows yet.
fn said(title: &'static str, guest: Guest, message: &Value) -> Case {
    let items = vec![message.clone()];
    let body = body("messages", "messages", &[guest], &items);
    Case { title, shown: items, body, ..EMPTY }
}

const EMPTY: Case = Case {
    title: "",
    note: "",
    shown: Vec::new(),
    body: Vec::new(),
    signer: Signer::Meta,
    asks: Vec::new(),
    messages: Vec::new(),
    evidence: None,
    dead_letters: 0,
};

fn preference(at: i64) -> Case {
    let item = json!({
        "wa_id": MARTA.wa_id, "user_id": MARTA.user_id, "category": "marketing_messages", "value": "stop",
        "detail": "User requested to stop marketing messages", "timestamp": at,
    });
    let items = vec![item];
    Case {
        title: "Somebody switches marketing off in WhatsApp's settings",
        note: "Only marketing stops, and nothing is sent: they did not write to the business.",
        body: body("user_preferences", "user_preferences", &[MARTA], &items),
        shown: items,
        asks: vec![Ask { topic: Some("marketing"), ..leaves("34655550111") }, is_free("34655550111")],
        evidence: Some(Proof { of: "34655550111", says: "source preference" }),
        ..EMPTY
    }
}

fn broken_neighbour(at: i64) -> Case {
    let items = vec![
        PABLO.message("DEMO0009", at, text("no quiero recibir más mensajes")),
        json!("neither a message nor anything else"),
        ROSA.message("DEMO0011", at, text("Darme de baja")),
        INES.message("DEMO0010", at, text("Gracias, llegó todo bien")),
    ];
    Case {
        title: "A batch with a broken item",
        note: "Its neighbours count as if it were not there. It is kept aside, so that somebody can look.",
        body: body("messages", "messages", &[PABLO, ROSA, INES], &items),
        shown: items,
        asks: vec![leaves("573005550164"), leaves("56955550123"), is_free("51955550178")],
        messages: vec![told("+573005550164", "no te enviaremos"), told("+56955550123", "no te enviaremos")],
        dead_letters: 1,
        ..EMPTY
    }
}

fn sentence(at: i64) -> Case {
    Case {
        note: "No keyword, and promotions are what they name: they may still get their receipts.",
        asks: vec![Ask { topic: Some("marketing"), ..leaves("34655550122") }],
        messages: vec![told("+34655550122", "no te enviaremos más mensajes")],
        ..said(
            "Somebody says it in a sentence",
            SARA,
            &SARA.message("DEMO0014", at, text("ya no me manden más promociones, gracias")),
        )
    }
}

fn status_only(at: i64) -> Case {
    let items = vec![json!({
        "id": "wamid.CAMPAIGN", "status": "delivered", "timestamp": at.to_string(),
        "recipient_id": EVA.wa_id, "recipient_user_id": EVA.user_id,
        "pricing": { "billable": true, "pricing_model": "PMP", "type": "regular", "category": "marketing" },
    })];
    Case {
        title: "A webhook that only tells that a message was delivered",
        note: "Most webhooks are like this. They are answered without waiting for Redis.",
        body: body("messages", "statuses", &[EVA], &items),
        shown: items,
        asks: vec![is_free("34655550133")],
        ..EMPTY
    }
}

fn leaves(identifier: &'static str) -> Ask {
    Ask { topic: None, identifier, before: false, after: true }
}

fn stays(identifier: &'static str) -> Ask {
    Ask { before: true, ..leaves(identifier) }
}

fn is_free(identifier: &'static str) -> Ask {
    Ask { after: false, ..leaves(identifier) }
}

fn told(to: &'static str, says: &'static str) -> Expected {
    Expected { to, says }
}
