# The workloads, for the executor `docker`: `docker build --file deploy/docker/resnet50.Dockerfile --tag radix-resnet50
# --build-arg PYTORCH_IMAGE=pytorch/pytorch@sha256:… .` from the root of the repository. The base is named by its digest,
# so that two builds measure the same PyTorch; the digest of the outcome goes into the evidence.
ARG PYTORCH_IMAGE
FROM ${PYTORCH_IMAGE}
COPY workloads /opt/radix/workloads
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 NVIDIA_DRIVER_CAPABILITIES=compute,utility HOME=/tmp
# Fails the build, not a run, when the base has no PyTorch under this name.
RUN python3 -c 'import torch; print(torch.__version__, torch.version.cuda)'
USER 65532:65532
CMD ["python3", "/opt/radix/workloads/resnet50/train.py", "--help"]
