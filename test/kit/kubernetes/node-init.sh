#!/bin/bash
# The first process of a node, in its new namespaces. Gives them their mounts, then keeps containerd and kubelet running.
# NODE_DIR: the node's disk, the same path inside as outside. NODE_NAME, NODE_IP, IMAGES, KUBELET; "$@": kubelet's flags.
set -eu
N=$NODE_DIR
mkdir -p "$N"/{moved,upper,work,kubelet,containerd,cni-net.d,cni-bin,log}

# This network namespace's /sys, with the cgroups carried over; this process namespace's /proc.
mount --rbind /sys/fs/cgroup "$N/moved"
mount -t sysfs sysfs /sys
mount --rbind "$N/moved" /sys/fs/cgroup && umount -l "$N/moved"
mount -t bpf bpf /sys/fs/bpf
mount -t proc proc /proc
# What is installed on a node reaches neither another node nor this machine.
for d in etc opt var; do
  mkdir -p "$N/upper/$d" "$N/work/$d"
  mount -t overlay -o "lowerdir=/$d,upperdir=$N/upper/$d,workdir=$N/work/$d" "node-$d" "/$d"
done
mount --bind "$N" /mnt
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns "$N"
mount --move /mnt "$N"
[ -e "$N/booted" ] || rm -rf /var/lib/cni /var/log/pods /var/log/containers
touch "$N/booted"
mkdir -p /etc/cni/net.d /opt/cni/bin /var/lib/kubelet /var/lib/containerd
mount --bind "$N/cni-net.d" /etc/cni/net.d
mount --bind "$N/cni-bin" /opt/cni/bin
mount --bind "$N/kubelet" /var/lib/kubelet
mount --bind "$N/containerd" /var/lib/containerd # no overlay, since its own overlays lie in it

# kubelet sets sysctls of the whole machine: it finds files of this node's own instead, as it wants them.
mkdir /run/sysctl
for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
  kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
  file=/run/sysctl/$(tr / . <<<"${setting%=*}")
  echo "${setting#*=}" >"$file"
  mount --bind "$file" "/proc/sys/${setting%=*}"
done
hostname "$NODE_NAME"
rm -f /etc/hostname /etc/hosts /etc/resolv.conf
echo "$NODE_NAME" >/etc/hostname
printf '127.0.0.1 localhost\n%s %s\n' "$NODE_IP" "$NODE_NAME" >/etc/hosts
echo "nameserver 127.0.0.1" >/etc/resolv.conf
mount --make-rshared / # for volumes with mountPropagation

service() { # NAME COMMAND...: started again whenever it ends, but not while /run/NAME.hold is there
  name=$1
  shift
  while :; do
    "$@" >>"$N/log/$name.log" 2>&1 </dev/null &
    echo $! >"/run/$name.pid"
    wait $! || true
    while [ -e "/run/$name.hold" ]; do sleep 0.2; done
    sleep 0.2
  done
}
cd /
export HOME=/root
service containerd containerd --config "$N/containerd.toml" --log-level warn &
containerd=/run/containerd/containerd.sock
until ctr -a $containerd version >/dev/null 2>&1; do sleep 0.1; done
ctr -a $containerd -n k8s.io images import "$IMAGES" >"$N/log/images.log" 2>&1
service kubelet "$KUBELET" --container-runtime=remote --container-runtime-endpoint=unix://$containerd \
  --image-service-endpoint=unix://$containerd --hostname-override="$NODE_NAME" --node-ip="$NODE_IP" "$@" &
# Whoever loses its parent here is this one's to wait for.
while :; do
  wait || true
  sleep 1
done
