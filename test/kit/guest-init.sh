#!/bin/busybox sh
# The first process of the lab's virtual machine: drivers, addresses (DHCP for IPv4, the kernel's own SLAAC for IPv6),
# a web server for the reach tests, and shells on the virtio ports for whoever is outside.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
while read -r module; do insmod "/lib/$module" || echo "guest: cannot load $module"; done </lib/order

hostname "$(sed -n 's/.*guest=\([^ ]*\).*/\1/p' /proc/cmdline)"
hostname >/www/name
ip link set lo up
until [ -e /sys/class/net/eth0 ]; do usleep 10000; done # drivers find their devices in their own time
ip link set eth0 up
httpd -p '[::]:80' -h /www
RESOLV_CONF=/etc/resolv.conf udhcpc -i eth0 -s /bin/lease -O mtu -O staticroutes -t 30 -T 1 -A 1 -b >/tmp/udhcpc 2>&1 &

# Each line on a command port is "<id> <base64 of a script>"; the answer is "<id> <exit code> <base64 of its output>".
# A script may take as long as it likes, so each runs by itself; the lock keeps the answers whole.
answer() {
  base64 -d >"/tmp/script$2"
  sh "/tmp/script$2" >"/tmp/output$2" 2>&1
  code=$?
  until mkdir "/tmp/lock$1" 2>/dev/null; do usleep 1000; done
  echo "$2 $code $(base64 -w 0 "/tmp/output$2")" >&3
  rmdir "/tmp/lock$1"
  rm "/tmp/script$2" "/tmp/output$2"
}
serve() {
  until port=$(ls /dev/vport?p"$1" 2>/dev/null); do usleep 10000; done
  exec 3<>"$port" # once: a virtio port may not be opened twice
  while :; do
    while read -r id script; do echo "$script" | answer "$1" "$id" & done <&3
    usleep 200000 # nobody is connected
  done
}
for port in 1 2; do serve "$port" & done
echo "guest: ready"
while :; do setsid cttyhack sh; done
