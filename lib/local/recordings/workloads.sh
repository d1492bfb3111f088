#!/bin/bash
# The workloads of record.sh. `workloads.sh list` names them; `inside RUN` is what runs on the machine that is traced, until
# it is killed; `outside RUN` is what its clients do, for SECONDS_LONG seconds. WORK is the machine's own disk.
set -u
seconds=${SECONDS_LONG:-120}
server=${SERVER:-127.0.0.1}
work=${WORK:-/tmp}
node=${NODE_BIN:-node}

web_config() {
  mkdir -p "$work/www" "$work/log"
  head -c 200000 /dev/urandom | base64 >"$work/www/page.html"
  head -c 3000 /dev/urandom | base64 >"$work/www/small.html"
  cat >"$work/nginx.conf" <<CONF
worker_processes 2; daemon off; pid $work/nginx.pid; error_log $work/log/error.log;
events { worker_connections 1024; }
http { access_log $work/log/access.log; client_body_temp_path $work/log; proxy_temp_path $work/log; fastcgi_temp_path $work/log;
  uwsgi_temp_path $work/log; scgi_temp_path $work/log; gzip on; gzip_comp_level 6; gzip_min_length 10000;
  server { listen 8080; root $work/www; } }
CONF
}

# Requests with a pause between them on each connection: $1 connections, $2 ms pause, $3 seconds, $4 page.
load() {
  printf 'wrk.headers["Accept-Encoding"]="gzip"\nfunction delay() return math.random(0,%d) end\n' "$(($2 * 2))" >/tmp/wrk.$$.lua
  wrk -t1 -c"$1" -d"$3"s -s /tmp/wrk.$$.lua "http://$server:8080/$4" >/dev/null 2>&1
  rm -f /tmp/wrk.$$.lua
}

wait_for_port() { for _ in $(seq 100); do (exec 3<>"/dev/tcp/$server/$1") 2>/dev/null && return; sleep 0.2; done; }

generate_c() { # $1 files of generated C into $2
  mkdir -p "$2"
  for file in $(seq "$1"); do
    awk -v f="$file" 'BEGIN { print "#include <stdio.h>\n#include <math.h>";
      for (i = 0; i < 180; i++) printf "double f%d_%d(double x) { double s=%d; for (int i=0;i<%d;i++) { s+=sin(x*i)*%d; if (s>%d) s-=x; } return s; }\n", f, i, i, i+3, i, i*7 }' >"$2/file$file.c"
  done
}

pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups env HOME="$work" "$@"; }

inside() {
  case $1 in
  web-steps | web-sine | web-flash-crowd) web_config; exec nginx -c "$work/nginx.conf" ;;
  database-ramp)
    install -d -o postgres -g postgres "$work/pg"
    as_postgres "$pg/initdb" -D "$work/pg" -A trust >/dev/null
    as_postgres "$pg/postgres" -D "$work/pg" -c listen_addresses='*' -c unix_socket_directories="$work" -c shared_buffers=256MB &
    echo "host all all all trust" >>"$work/pg/pg_hba.conf"
    wait ;;
  cache-bursts) exec redis-server --bind 0.0.0.0 --protected-mode no --save '' --dir "$work" ;;
  build-compile)
    generate_c 24 "$work/src"
    while :; do
      rm -f "$work"/src/*.o
      ls "$work"/src/*.c | xargs -P2 -I{} gcc -O2 -c {} -o {}.o
      gcc -shared -o "$work/all.so" "$work"/src/*.o -lm 2>/dev/null
      sleep $((RANDOM % 6 + 4))
    done ;;
  batch-compress)
    while :; do
      head -c 60000000 /dev/urandom | od -An -tx4 | head -c 120000000 >"$work/data"
      xz -1 -T2 -k -f "$work/data"; sleep 5; zstd -q -9 -T1 -f "$work/data"; sleep 8; gzip -k -f -6 "$work/data"; sleep 5
    done ;;
  cron-bursts)
    head -c 40000000 /dev/urandom >"$work/data"
    while :; do
      sleep $((20 - $(date +%s) % 20))
      tar -C /usr -cf - share/doc bin 2>/dev/null | head -c 120000000 | gzip -3 >"$work/backup.gz"
      sha256sum "$work/backup.gz" "$work/data" >/dev/null
    done ;;
  leak-restart)
    while :; do
      python3 -c '
import os, time
kept, start = [], time.time()
while sum(map(len, kept)) < 1300 << 20:
    kept.append(os.urandom(1 << 20) * 20)
    sum(range(200000)); time.sleep(0.75)'
      sleep 3
    done ;;
  idle-machine) while :; do sleep 30; date >>"$work/log"; done ;;
  disk-random)
    while :; do
      for rate in 2m 8m 30m 4m 60m; do
        fio --name=job --directory="$work" --size=400m --rw=randrw --rwmixread=60 --bs=16k --direct=1 --ioengine=psync \
          --numjobs=2 --rate=$rate,$rate --time_based --runtime=12 --output=/dev/null
      done
    done ;;
  disk-copy)
    mkdir "$work/from"
    for file in $(seq 12); do head -c 64000000 /dev/urandom >"$work/from/$file"; done
    while :; do rsync -a --whole-file --bwlimit=60m "$work/from/" "$work/to/"; sleep 6; rm -rf "$work/to"; sync; sleep 4; done ;;
  transfer-steps) exec iperf3 -s ;;
  jvm-batch)
    cat >"$work/Batch.java" <<'JAVA'
import java.util.*;
public class Batch {
  public static void main(String[] a) throws Exception {
    Random random = new Random(1);
    for (int round = 0;; round++) {
      int rows = 500_000 * (1 + round % 5);
      Map<String, List<Integer>> groups = new HashMap<>();
      for (int i = 0; i < rows; i++) groups.computeIfAbsent("key" + random.nextInt(rows / 8), k -> new ArrayList<>()).add(i);
      long sum = 0;
      for (List<Integer> group : groups.values()) { Collections.shuffle(group, random); Collections.sort(group); sum += group.get(0); }
      Thread.sleep(1500 + random.nextInt(2500));
      if (sum == 42) System.out.println(sum);
    }
  }
}
JAVA
    exec java -Xmx1g "$work/Batch.java" ;;
  node-api)
    cat >"$work/api.mjs" <<'JS'
import { createServer } from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
const sessions = new Map();
createServer((request, response) => {
  const user = Math.floor(Math.random() * 20000);
  const session = sessions.get(user) ?? { seen: 0, blob: randomBytes(8000).toString('hex') };
  session.seen += 1;
  sessions.set(user, session);
  if (sessions.size > 15000) sessions.delete(sessions.keys().next().value);
  const rows = Array.from({ length: 200 }, (_, id) => ({ id, user, at: Date.now(), hash: createHash('sha1').update(`${id}${user}`).digest('hex') }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ session: session.seen, rows }));
}).listen(8080);
JS
    exec "$node" "$work/api.mjs" ;;
  esac
}

outside() {
  case $1 in
  web-steps)
    wait_for_port 8080
    while :; do for connections in 4 12 24 8 40 16; do load $connections 100 12 page.html; done; done ;;
  web-sine) # two "days" of 60 s, by the hour
    wait_for_port 8080
    while :; do for connections in 3 2 2 3 6 12 20 28 34 36 32 26 20 24 28 26 18 12 8 5; do load $connections 100 3 page.html; done; done ;;
  web-flash-crowd)
    wait_for_port 8080
    load 6 100 35 page.html & load 30 50 $((seconds - 5)) small.html & sleep 35
    load 60 60 25 page.html; load 20 100 20 page.html; load 6 100 40 page.html; wait ;;
  database-ramp)
    wait_for_port 5432; sleep 1
    pgbench="as_postgres $pg/pgbench -h $server"
    $pgbench -i -s 12 -q postgres
    for rate in 100 300 800 1500 2500 3500 1200 300; do $pgbench -c 8 -j 1 -R $rate -T 12 postgres; done ;;
  cache-bursts)
    wait_for_port 6379
    while :; do
      redis-benchmark -h $server -q -c 20 -P 4 -d 400 -r 200000 -n $((RANDOM * 6 + 60000)) -t set,get
      sleep $((RANDOM % 7 + 2))
    done ;;
  transfer-steps)
    wait_for_port 5201; sleep 1
    while :; do
      for rate in 20M 100M 400M 50M; do iperf3 -c $server -b $rate -t 8; iperf3 -c $server -b $rate -t 4 -R; done
    done ;;
  node-api)
    wait_for_port 8080
    while :; do for connections in 5 15 40 10 25; do load $connections 60 $((RANDOM % 8 + 6)) api; done; done ;;
  *) sleep "$seconds" ;;
  esac
}

case ${1:-} in
list)
  printf '%s\n' web-steps web-sine web-flash-crowd database-ramp cache-bursts build-compile batch-compress cron-bursts \
    leak-restart idle-machine disk-random disk-copy transfer-steps jvm-batch node-api ;;
inside) inside "$2" ;;
outside) outside "$2" ;;
*) echo "usage: workloads.sh list | inside RUN | outside RUN" >&2; exit 2 ;;
esac
