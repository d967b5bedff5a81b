use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    StartError,
    append_file::FileCare,
    generation::{Generation, Places},
    observers::{LedgerOutbox, SendObserver},
    private_redis::PrivateRedis,
    relay::{forward, worker_rules},
    reload::Reloader,
    store::Store,
    tls::tls,
    words::Shelf,
};
use crate::{
    cloud_api::{CloudApi, PlainHttp, Timeouts},
    config::Settings,
    confirm::{Roster, Worker, WorkerSettings},
    forward::ForwardWorker,
    http::{self, Api, Door, Health, Limits, Listener, Page, PageRules, Servers, Tls, Webhook},
    ingest::{Aftercare, AftercareTask, Ingest, Sends, SendsTask},
    insight::{PAUSES, Patience, Polled, Poller, Teller, Watch},
    ledger::Ledger,
    live::Live,
    metrics::Metrics,
};

/// What is left of the time to shut down for the background, after the requests.
const AFTERCARE_DRAIN: Duration = Duration::from_secs(5);

/// A service that is bound and checked, and does not serve yet.
pub struct Application {
    public: SocketAddr,
    operators: SocketAddr,
    servers: Servers,
    health: Arc<Health>,
    aftercare: AftercareTask,
    sends: SendsTask,
    sender: Option<Sender>,
    forwarders: Vec<ForwardWorker>,
    watch: Watch,
    file_care: FileCare,
    poller: Option<Poller>,
    reloader: Reloader,
    watched: Vec<Arc<Tls>>,
    private: Option<PrivateRedis>,
}

/// For deliveries to others that are under way at shutdown; what is not done by then is repeated.
const FORWARD_DRAIN: Duration = Duration::from_secs(5);

/// The worker of the outbox with what it works for.
struct Sender {
    worker: Worker<LedgerOutbox>,
    roster: watch::Receiver<Roster>,
    notify: Arc<Notify>,
}

impl Application {
    /// Checks the settings, opens the list and binds the listeners. A Redis that is not there yet is no
    /// error: the service answers 503 until it comes.
    ///
    /// # Errors
    ///
    /// Everything that would keep it from serving, with what to do.
    pub async fn build(settings: &Settings) -> Result<Self, StartError> {
        settings.require_serving()?;
        let metrics = Arc::new(Metrics::new());
        let generation = Generation::build(settings, &Shelf::default())?;
        let store = Store::open(settings, &metrics).await?;
        check_durability(&store.ledger, settings.redis.require_durable).await?;

        let notify = Arc::new(Notify::new());
        let roster = watch::Sender::new(generation.roster);
        let sender = build_sender(settings, &store.ledger, &metrics, (roster.subscribe(), &notify))?;
        let (aftercare, aftercare_task) = Aftercare::new(Arc::clone(&store.ledger), Arc::clone(&metrics));
        let (sends, sends_task) = Sends::new(Arc::clone(&store.ledger), Arc::clone(&metrics));
        let forward = forward(settings, &store.ledger, &metrics)?;
        let forwarders = forward.workers(&worker_rules(settings));
        let watch = watch(settings, &store.ledger, &metrics)?;
        let file_care = FileCare::new(Arc::clone(&store.ledger));
        let polled = Arc::new(Live::new(generation.polled));
        let poller = poller(settings, &store.ledger, &metrics, &polled)?;
        let mut ingest = Ingest::new(
            generation.directory,
            Arc::clone(&store.ledger),
            Arc::clone(&metrics),
            aftercare,
            sends,
            notify,
        );
        if !forward.is_idle() {
            ingest = ingest.telling_concerns();
        }
        let webhook = Arc::new(Webhook {
            proofs: Live::new(generation.proofs),
            ingest,
            forward,
            metrics: Arc::clone(&metrics),
            limits: limits(settings),
        });
        let body_time = settings.server.body_timeout;
        let door = Arc::new(Door::new(generation.who));
        let api = Api::new(Arc::clone(&store.ledger), Arc::clone(&metrics), Arc::clone(&door), body_time);
        let api = Arc::new(api);
        let (ledger, hook) = (Arc::clone(&store.ledger), Arc::clone(&webhook));
        let page = Page::new(ledger, hook, Arc::clone(&door), settings.clone(), page_rules(settings));
        let page = Arc::new(page.map_err(StartError::PageTexts)?);
        let places = Places {
            ledger: Arc::clone(&store.ledger),
            webhook: Arc::clone(&webhook),
            door,
            page: Arc::clone(&page),
            polled,
            roster,
        };
        let reloader = Reloader {
            running: settings.clone(),
            shelf: generation.shelf,
            places: Arc::new(places),
            metrics: Arc::clone(&metrics),
        };
        let health = Arc::new(Health { ledger: store.ledger, metrics, stopping: AtomicBool::new(false) });

        let server = &settings.server;
        let public_tls = tls(server.tls.as_ref(), "server.tls")?;
        let operators_tls = tls(server.ops_tls.as_ref(), "server.ops_tls")?;
        let watched = [&public_tls, &operators_tls].into_iter().flatten().map(Arc::clone).collect();
        let public = bind(settings.server.listen, "BAJA_LISTEN")?;
        let operators = bind(settings.server.ops_listen, "BAJA_OPS_LISTEN")?;
        let addresses = (public.local_addr(), operators.local_addr());
        let (Ok(public_address), Ok(operators_address)) = addresses else {
            return Err(StartError::Serve(std::io::Error::other("a listener has no address")));
        };
        let servers = Servers::new(
            Listener { socket: public, tls: public_tls },
            webhook,
            Listener { socket: operators, tls: operators_tls },
            Arc::clone(&health),
            api,
            page,
        )
        .map_err(StartError::Serve)?;
        Ok(Self {
            public: public_address,
            operators: operators_address,
            servers,
            health,
            aftercare: aftercare_task,
            sends: sends_task,
            sender,
            forwarders,
            watch,
            file_care,
            poller,
            reloader,
            watched,
            private: store.private,
        })
    }

    /// Where `/webhook` is.
    pub fn public_address(&self) -> SocketAddr {
        self.public
    }

    /// Where `/live`, `/ready` and `/metrics` are.
    pub fn operators_address(&self) -> SocketAddr {
        self.operators
    }

    /// What puts new settings in place while it runs.
    pub fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Serves until `stop` is ready. Then: no new requests, the ones under way are finished, the worker and
    /// the background drain, each with its deadline.
    ///
    /// # Errors
    ///
    /// When a listener fails.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), StartError> {
        let (public, operators) = self.servers.handles();
        // It holds the words of the start, which a reload may replace.
        drop(self.reloader);
        let stop_background = CancellationToken::new();
        let stop_worker = CancellationToken::new();
        let aftercare = tokio::spawn(self.aftercare.run(stop_background.clone(), AFTERCARE_DRAIN));
        let sends = tokio::spawn(self.sends.run(stop_background.clone(), AFTERCARE_DRAIN));
        let watch = tokio::spawn(self.watch.run(stop_worker.clone()));
        let file_care = tokio::spawn(self.file_care.run(stop_worker.clone()));
        let poller = self.poller.map(|poller| tokio::spawn(poller.run(stop_worker.clone())));
        let worker = self.sender.map(|sender| sender.spawn(stop_worker.clone()));
        let forwarders: Vec<_> = self
            .forwarders
            .into_iter()
            .map(|forwarder| tokio::spawn(forwarder.run(stop_worker.clone(), FORWARD_DRAIN)))
            .collect();
        for tls in self.watched {
            tokio::spawn(tls.watch(stop_background.clone()));
        }
        let operators_server = tokio::spawn(self.servers.operators);
        let mut public_server = tokio::spawn(self.servers.public);
        let mut private = self.private;
        tracing::info!(webhook = %self.public, operators = %self.operators, "baja serves");

        let failed = tokio::select! {
            () = stop => None,
            ended = &mut public_server => Some(ended),
            () = supervise(&mut private) => None,
        };
        tracing::info!("stopping: no new requests, finishing what is under way");
        self.health.stopping.store(true, Ordering::Relaxed);
        let result = match failed {
            Some(ended) => flatten(ended),
            None => {
                public.stop(true).await;
                flatten(public_server.await)
            }
        };
        stop_worker.cancel();
        let _ = tokio::join!(watch, file_care);
        if let Some(poller) = poller {
            let _ = poller.await;
        }
        if let Some(worker) = worker {
            let _ = worker.await;
        }
        for forwarder in forwarders {
            let _ = forwarder.await;
        }
        stop_background.cancel();
        let _ = tokio::join!(aftercare, sends);
        operators.stop(false).await;
        let _ = operators_server.await;
        if let Some(server) = private {
            server.stop().await;
        }
        tracing::info!("stopped");
        result
    }
}

impl Sender {
    fn spawn(self, stop: CancellationToken) -> JoinHandle<()> {
        tokio::spawn(async move {
            self.worker.run(self.roster, &self.notify, &stop).await;
        })
    }
}

fn build_sender(
    settings: &Settings,
    ledger: &Arc<Ledger>,
    metrics: &Arc<Metrics>,
    (roster, notify): (watch::Receiver<Roster>, &Arc<Notify>),
) -> Result<Option<Sender>, StartError> {
    if !settings.confirm.enabled || !settings.confirm.worker {
        return Ok(None);
    }
    let client = cloud_api(settings)?;
    let rules = WorkerSettings {
        at_once: settings.confirm.max_in_flight,
        lease: settings.confirm.lease,
        per_second: settings.confirm.per_second,
        ..WorkerSettings::default()
    };
    let observer = Arc::new(SendObserver::new(Arc::clone(metrics)));
    let worker = Worker::new(LedgerOutbox(Arc::clone(ledger)), client, observer, rules)?;
    Ok(Some(Sender { worker, roster, notify: Arc::clone(notify) }))
}

fn cloud_api(settings: &Settings) -> Result<CloudApi, StartError> {
    let api = &settings.cloud_api;
    let timeouts = Timeouts { total: api.timeout, connect: api.connect_timeout };
    Ok(CloudApi::new(&api.url, timeouts, PlainHttp::LoopbackOnly)?)
}

fn poller(
    settings: &Settings,
    ledger: &Arc<Ledger>,
    metrics: &Arc<Metrics>,
    polled: &Arc<Live<Vec<Polled>>>,
) -> Result<Option<Poller>, StartError> {
    let Some(every) = settings.insight.poll else { return Ok(None) };
    if polled.get().is_empty() {
        tracing::warn!(
            "insight.poll is on, and no business has both waba_ids and an access token to ask with"
        );
    }
    let (ledger, metrics) = (Arc::clone(ledger), Arc::clone(metrics));
    Ok(Some(Poller::new(ledger, metrics, cloud_api(settings)?, Arc::clone(polled), every)))
}

fn watch(settings: &Settings, ledger: &Arc<Ledger>, metrics: &Arc<Metrics>) -> Result<Watch, StartError> {
    let alerts = &settings.alerts;
    let teller = match &alerts.target {
        Some((url, secret)) => {
            Some(Teller::new(url, alerts.timeout, secret.clone(), PAUSES).map_err(StartError::Alerts)?)
        }
        None => None,
    };
    let patience = Patience { silence: alerts.silence, refusals: alerts.refusals };
    Ok(Watch::new(Arc::clone(ledger), Arc::clone(metrics), teller, patience))
}

fn page_rules(settings: &Settings) -> PageRules {
    PageRules {
        origin: settings.page.origin.clone(),
        session: settings.page.session,
        speaks_tls: settings.server.ops_tls.is_some(),
        body_time: settings.server.body_timeout,
    }
}

fn limits(settings: &Settings) -> Limits {
    let server = &settings.server;
    Limits {
        body: server.body_limit,
        large_bodies: server.large_bodies,
        body_time: server.body_timeout,
        header_time: server.header_timeout,
        keep_alive: server.keep_alive,
        connections: server.max_connections,
        workers: server.workers,
        shutdown: server.shutdown_timeout,
    }
}

fn bind(address: SocketAddr, key: &'static str) -> Result<TcpListener, StartError> {
    http::bind(address).map_err(|source| StartError::Listen { address, key, source })
}

/// Says what puts suppressions at risk; refuses to start for it where the settings want that.
async fn check_durability(ledger: &Ledger, required: bool) -> Result<(), StartError> {
    // Connects now rather than with the first opt-out; a failure shows just below.
    let _ = ledger.ping().await;
    match ledger.durability().await {
        Ok(found) => {
            for weakness in &found.weaknesses {
                tracing::warn!(
                    setting = weakness.setting,
                    advice = weakness.advice,
                    "redis may lose opt-outs"
                );
            }
            for setting in &found.unchecked {
                tracing::info!(setting, "redis does not tell this setting; make sure that it keeps opt-outs");
            }
            if required && !found.weaknesses.is_empty() {
                let advice: Vec<_> = found.weaknesses.iter().map(|weakness| weakness.advice).collect();
                return Err(StartError::NotDurable(advice.join("; ")));
            }
            Ok(())
        }
        Err(error) if required => Err(error.into()),
        Err(error) => {
            tracing::warn!(error = error.kind(), "redis cannot be asked how it keeps its data yet");
            Ok(())
        }
    }
}

async fn supervise(private: &mut Option<PrivateRedis>) {
    match private {
        Some(server) => server.supervise().await,
        None => std::future::pending().await,
    }
}

fn flatten(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> Result<(), StartError> {
    match ended {
        Ok(result) => result.map_err(StartError::Serve),
        Err(error) => Err(StartError::Serve(std::io::Error::other(error))),
    }
}
