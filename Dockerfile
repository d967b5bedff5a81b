# syntax=docker/dockerfile:1

# Builds the binary. The caches hold the crates and what is compiled of them from one build to the next.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --bin baja && cp target/release/baja /baja

# glibc, certificates and nothing else: no shell, no package manager. Without a redis-server as well, so
# BAJA_REDIS_URL=private is not for the container.
FROM gcr.io/distroless/cc-debian12
COPY --from=build /baja /baja
USER 65532:65532
# All interfaces of the container; what is reached from outside is for the one who runs it to publish.
# The operators' listener stays on 127.0.0.1 unless BAJA_OPS_LISTEN says otherwise.
ENV BAJA_LISTEN=0.0.0.0:8080
# What the allocator is done with goes back, and threads share what it keeps.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
EXPOSE 8080
# Alive, not ready: a Redis that is away is no reason to restart this container.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["/baja", "healthcheck"]
ENTRYPOINT ["/baja"]
CMD ["serve"]
