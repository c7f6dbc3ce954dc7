# The server's image. The README says how it is meant to be run.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Of each workspace: the lock file is checked against them.
COPY examples/geojson-features/package.json examples/geojson-features/
# Without a cache from before: npm opens its entries for all packages at once, and some builders let a process open no more than 1024 files.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json tsconfig.browser.json ./
COPY src src
COPY scripts/production-dependencies.mjs scripts/redoc.mjs scripts/page-assets.mjs scripts/prepare-archive.mjs scripts/
RUN npm run --silent build && find dist -name "*.map" -type f -delete
# What `archive: embedded` begins with. The PGlite is that of the lock file, as below.
RUN node scripts/prepare-archive.mjs
RUN node scripts/production-dependencies.mjs /production \
  && cd /production && npm ci --ignore-scripts --no-audit --no-fund \
  && find node_modules -name '*.map' -type f -delete

FROM node:24-bookworm-slim

# Lets the server, which is not root, have ports below 1024 wherever its container may (see docker/start). The capability is only permitted, not
# effective: so the kernel still runs the file where all capabilities are dropped, and then gives none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends libcap2-bin \
  && cp /usr/bin/setpriv /usr/local/bin/with-low-ports \
  && setcap cap_net_bind_service=p /usr/local/bin/with-low-ports \
  && apt-get purge -y --auto-remove libcap2-bin \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
  # A kubeconfig mounted at /root/.kube, as into the predecessor's image, can be reached without being root.
  && chmod 711 /root \
  && mkdir -p /data && chown 1000:1000 /data

WORKDIR /app
COPY package.json LICENSE NOTICE ./
COPY docker/start docker/healthcheck.mjs docker/
COPY --from=build /production/node_modules node_modules
COPY --from=build /app/dist dist
# What V8 compiles of it, as main.ts looks for it: Node takes it for the same user, flags (docker/start) and kind of processor only, so it is made as
# that user, who may not change it.
RUN mkdir compiled && chown 1000:1000 compiled \
  && setpriv --reuid=1000 --regid=1000 --clear-groups node --max-semi-space-size=8 dist/main.js --version \
  && chown -R root:root compiled && chmod -R a+rX compiled
# Where the predecessor had it; what is mounted there stands in its place.
COPY config/pygeoapi-config.yaml /pygeoapi/local.config.yml
WORKDIR /pygeoapi

ARG VERSION
ARG BUILD_DATE
ARG GIT_COMMIT
ARG GIT_TAG
ARG GIT_BRANCH
ENV NODE_ENV=production DATA_DIR=/data \
  VERSION=$VERSION BUILD_DATE=$BUILD_DATE GIT_COMMIT=$GIT_COMMIT GIT_TAG=$GIT_TAG GIT_BRANCH=$GIT_BRANCH
LABEL org.opencontainers.image.title="ogc-processes-k8s" \
  org.opencontainers.image.description="OGC API - Processes server that runs every execution as a Kubernetes Job" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version=$VERSION \
  org.opencontainers.image.created=$BUILD_DATE \
  org.opencontainers.image.revision=$GIT_COMMIT \
  org.opencontainers.image.ref.name=$GIT_TAG \
  org.ogc-processes-k8s.git-branch=$GIT_BRANCH

# A number, so that Kubernetes can tell that it is not root (runAsNonRoot); usually that of who mounts ~/.kube, too.
USER 1000:1000
EXPOSE 5000
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["node", "/app/docker/healthcheck.mjs"]
ENTRYPOINT ["/app/docker/start"]
