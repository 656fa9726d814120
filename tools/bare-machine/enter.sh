#!/bin/sh
# Runs a command on a bare Debian: enter.sh BASE SCRATCH CLONE USER COMMAND, with USER `ann` or `root`. Expects mount and
# pid namespaces of its own: what it mounts, and all that the command writes and starts, ends with them.
set -eu
base=$1 scratch=$2 clone=$3 user=$4 command=$5

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
root=$scratch/root
mount -t overlay -o "lowerdir=$base,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"

# The way to the registries is this machine's: names, certificates, the settings of npm and pip.
home=$(awk -F: -v user="$user" '$1 == user { print $6 }' "$root/etc/passwd")
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/"; fi
if [ -e "${HOME:-/root}/.npmrc" ]; then cp "${HOME:-/root}/.npmrc" "$root$home/.npmrc"; fi

git -c advice.detachedHead=false clone --quiet --no-hardlinks "$clone" "$root$home/radix"
chroot "$root" chown -R "$user:$user" "$home"
# A session of its own, so that nothing can take this one's terminal. Not by `exec`: a process that becomes another user
# no longer ends with `unshare --kill-child`.
setsid --wait chroot --userspec="$user:$user" "$root" /bin/sh -c "cd $home/radix && HOME=$home && export HOME && $command"
