# The agent: `docker build --file deploy/docker/agent.Dockerfile --tag radix-agent .` from the root of the repository.
#
# Everything lies in /radix, and nothing needed is in /usr or /opt: where the training runs in the machine's own PyTorch,
# the machine's /usr and /opt are mounted over the image's (src/providers/ec2/bootstrap.sh).
ARG NODE_IMAGE=node:24-slim
ARG BASE_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /radix
COPY package.json package-lock.json ./
# PostgreSQL comes in optional packages: an agent has no use for it.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
COPY src src
COPY workloads workloads
RUN mkdir bin && cp "$(command -v node)" bin/node

FROM ${BASE_IMAGE}
# What node links to and the base does not have.
COPY --from=build /usr/lib/x86_64-linux-gnu/libstdc++.so.6 /usr/lib/x86_64-linux-gnu/libgcc_s.so.1 /usr/lib/x86_64-linux-gnu/
COPY --from=build /radix /radix
# Libraries and nvidia-smi, put in by the NVIDIA Container Toolkit. /tmp is a file system in memory: see --tmpfs.
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility HOME=/tmp
USER 10001:10001
WORKDIR /radix
ENTRYPOINT ["/radix/bin/node", "/radix/src/cli/main.ts"]
CMD ["agent"]
