# The whole program: the control plane with its PostgreSQL and dashboard, and the command line.
# `npm run build && npm pack ./dist/package --pack-destination dist && docker build --file deploy/docker/radix.Dockerfile
# --tag radix .` from the root of the repository. It has no Python: training runs on machines, not here.
ARG NODE_IMAGE=node:24-slim
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS install
COPY dist/radix-gpu-*.tgz /tmp/
RUN npm install --global --prefix /radix --no-audit --no-fund /tmp/radix-gpu-*.tgz
# What Node links to, and a slim base does not have.
RUN mkdir /libraries && for name in libstdc++.so.6 libgcc_s.so.1; do cp --dereference --parents /usr/lib/*-linux-gnu/$name /libraries; done

FROM ${BASE_IMAGE}
COPY --from=install /libraries /
COPY --from=install /usr/local/bin/node /usr/local/bin/node
COPY --from=install /radix /radix
# PostgreSQL asks for the name of its user.
RUN useradd --uid 10001 --create-home radix && install -d -m 700 -o radix -g radix /data
ENV PATH=/radix/bin:$PATH RADIX_DATA_DIR=/data
USER radix
WORKDIR /home/radix
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --start-period=60s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["radix"]
CMD ["server", "--host", "0.0.0.0"]
