# The server in a small image, run by a user without rights. Build: docker build -t fasttrack .
FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /source/target/release/fasttrack /usr/local/bin/fasttrack
COPY --from=build --chown=nonroot:nonroot /data /data
USER nonroot
WORKDIR /data
# Temporary files of large changes lie beside the database: what mounts /tmp mostly keeps it in memory.
ENV HOST=0.0.0.0 PORT=8000 DATABASE_URL=sqlite:///data/fasttrack.db LOG_FORMAT=json SQLITE_TMPDIR=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["/usr/local/bin/fasttrack", "healthcheck"]
# SIGTERM: requests are finished, sockets closed, jobs drained.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/fasttrack"]
