#!/bin/busybox sh
# What udhcpc calls with a lease: address, MTU, routes and name servers, as its own example script does.
case "$1" in
  deconfig)
    busybox ip -4 addr flush dev "$interface"
    busybox ip link set "$interface" up
    ;;
  bound | renew)
    [ -n "$mtu" ] && busybox ip link set "$interface" mtu "$mtu"
    busybox ip -4 addr replace "$ip/$mask" broadcast "${broadcast:-+}" dev "$interface"
    # RFC 3442: with classless routes (option 121) the router option counts no more.
    if [ -n "$staticroutes" ]; then
      set -- $staticroutes
      while [ $# -ge 2 ]; do
        if [ "$2" = 0.0.0.0 ]; then busybox ip route replace "$1" dev "$interface"
        else busybox ip route replace "$1" via "$2" dev "$interface"; fi
        shift 2
      done
    else
      for router in $router; do busybox ip route replace default via "$router" dev "$interface"; done
    fi
    [ -n "$RESOLV_CONF" ] && for server in $dns; do echo "nameserver $server"; done >"$RESOLV_CONF"
    [ -n "$LEASE_RECORD" ] && echo "$ip/$mask mtu=$mtu dns=$dns router=$router server=$serverid" >"$LEASE_RECORD"
    ;;
esac
exit 0
