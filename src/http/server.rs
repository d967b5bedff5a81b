use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Server, ServerHandle},
    middleware::from_fn,
    web::Data,
};

use super::{
    Api, Health, Page, Webhook, api, body::Places, framing::refuse_ambiguous, operators, page, tls::Tls,
    unread, webhook,
};

/// How much and how long, for the public listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a body.
    pub body: usize,
    /// Bodies larger than 64 KiB that are held at a time.
    pub large_bodies: usize,
    /// For a body to arrive.
    pub body_time: Duration,
    /// For the headers to arrive.
    pub header_time: Duration,
    /// For an idle connection.
    pub keep_alive: Duration,
    /// Connections of a worker.
    pub connections: usize,
    /// Workers; 0 is one for each core.
    pub workers: usize,
    /// For requests under way at shutdown.
    pub shutdown: Duration,
}

/// The operators' listener needs no more.
const OPERATOR_WORKERS: usize = 1;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 2048;

/// A socket that is bound, and what is spoken on it.
pub struct Listener {
    /// The socket.
    pub socket: TcpListener,
    /// TLS, or plain HTTP.
    pub tls: Option<Arc<Tls>>,
}

/// Both listeners, not yet running.
pub struct Servers {
    /// `/webhook`.
    pub public: Server,
    /// `/live`, `/ready`, `/metrics`, `/api/v1`, `/page`.
    pub operators: Server,
}

impl Servers {
    /// Puts the applications on listeners that are bound already.
    ///
    /// # Errors
    ///
    /// When a listener cannot be used.
    pub fn new(
        public: Listener,
        webhook: Arc<Webhook>,
        operators: Listener,
        health: Arc<Health>,
        api: Arc<Api>,
        page: Arc<Page>,
    ) -> io::Result<Self> {
        let limits = webhook.limits;
        let places = Places::new(limits.large_bodies);
        let (health, api, page) = (Data::from(health), Data::from(api), Data::from(page));
        let mut server = HttpServer::new(move || webhook::service(Arc::clone(&webhook), places.clone()))
            .disable_signals()
            .backlog(BACKLOG)
            .max_connections(limits.connections)
            .client_request_timeout(limits.header_time)
            .client_disconnect_timeout(limits.header_time)
            .keep_alive(limits.keep_alive)
            .shutdown_timeout(limits.shutdown.as_secs());
        if limits.workers > 0 {
            server = server.workers(limits.workers);
        }
        let public = match public.tls {
            Some(tls) => server.listen_rustls_0_23(public.socket, tls.server_config()?)?,
            None => server.listen(public.socket)?,
        };
        let public = public.run();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(health.clone())
                .app_data(api.clone())
                .app_data(page.clone())
                .wrap(from_fn(unread::keep))
                .wrap(from_fn(refuse_ambiguous))
                .configure(api::routes)
                .configure(page::routes)
                .configure(operators::routes)
        })
        .disable_signals()
        .workers(OPERATOR_WORKERS)
        .client_request_timeout(limits.header_time)
        .shutdown_timeout(1);
        let operators = match operators.tls {
            Some(tls) => server.listen_rustls_0_23(operators.socket, tls.server_config()?)?,
            None => server.listen(operators.socket)?,
        };
        Ok(Self { public, operators: operators.run() })
    }

    /// Handles that stop the public and the operators' listener.
    pub fn handles(&self) -> (ServerHandle, ServerHandle) {
        (self.public.handle(), self.operators.handle())
    }
}

/// Binds a listener.
///
/// # Errors
///
/// When the address is taken or not ours.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
