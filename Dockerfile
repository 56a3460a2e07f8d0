# One image, three processes: node server/main.ts, node media/main.ts, node workers/main.ts. See compose.yaml.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts/setup scripts/setup
COPY media/worker media/worker
# The packages, then the native media worker: mediasoup's release binary, else a build with Debian's libraries.
RUN XDG_CACHE_HOME=/cache node scripts/setup/media.mjs \
 && find /cache/dropcast/media-worker -type f -perm -u+x -exec cp {} /usr/local/bin/mediasoup-worker \;
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ffmpeg tini ca-certificates \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /usr/local/bin/mediasoup-worker /usr/local/bin/mediasoup-worker
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/web/dist web/dist
COPY --from=build /app/server server
COPY --from=build /app/media media
COPY --from=build /app/workers workers
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data MEDIASOUP_WORKER_BIN=/usr/local/bin/mediasoup-worker
RUN mkdir /data && chown node:node /data
VOLUME /data
USER node
ENTRYPOINT ["tini", "--"]
CMD ["node", "server/main.ts"]
