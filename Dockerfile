# The same files as `npm run image` writes: tools/image/dockerfile.test.ts compares the two lists.
FROM node:26-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:26-slim
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.compile-cache NODE_OPTIONS="--max-semi-space-size=1 --v8-pool-size=1" MALLOC_ARENA_MAX=1
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY LICENSE package.json ./
COPY charts charts
COPY cli cli
COPY crds crds
COPY examples examples
COPY local local
COPY node node
COPY operator operator
COPY shared shared
COPY tools/image/meridian /usr/local/bin/meridian
RUN ln -s meridian /usr/local/bin/kubectl-meridian
# The pods' user; the cache of compiled sources is filled as that user, then nobody may write it.
RUN install -d -o 10001 -g 10001 .compile-cache
USER 10001:10001
RUN ["node", "--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", "await import('/app/operator/main.ts'); await import('/app/node/main.ts'); process.exit(0)"]
ENTRYPOINT ["meridian"]
