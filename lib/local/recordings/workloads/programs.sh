#!/bin/bash
# The programs of record.sh in this directory. A run's name begins with its class. `list` names them; `inside RUN` is what runs
# on the machine that is traced, until it is killed; `prepare RUN` waits until it is ready to be traced (and loads tables);
# `outside RUN` is what its clients do, for SECONDS_LONG seconds. WORK is the machine's own disk.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
seconds=${SECONDS_LONG:-33}
server=${SERVER:-127.0.0.1}
work=${WORK:-/tmp}
node=${NODE_BIN:-node}

ready() { touch "$work/ready"; }
wait_for_port() { for _ in $(seq 200); do (exec 3<>"/dev/tcp/$server/$1") 2>/dev/null && return; sleep 0.2; done; }
wait_until_ready() { for _ in $(seq 300); do [ -e "$work/ready" ] && return; sleep 0.2; done; }

web_config() { # $1 lines for the server
  mkdir -p "$work/www" "$work/log"
  head -c 200000 /dev/urandom | base64 >"$work/www/page.html"
  head -c 3000 /dev/urandom | base64 >"$work/www/small.html"
  cat >"$work/nginx.conf" <<CONF
worker_processes 2; daemon off; pid $work/nginx.pid; error_log $work/log/error.log;
events { worker_connections 1024; }
http { access_log $work/log/access.log; client_body_temp_path $work/log; proxy_temp_path $work/log; fastcgi_temp_path $work/log;
  uwsgi_temp_path $work/log; scgi_temp_path $work/log; sendfile on; $1 root $work/www; } }
CONF
}

# Requests with a pause between them on each connection: $1 connections, $2 ms pause, $3 seconds, $4 URL's end, $5 headers.
load() {
  printf '%s\nfunction delay() return math.random(0,%d) end\n' "${5:-wrk.headers[\"Accept-Encoding\"]=\"gzip\"}" "$(($2 * 2))" >"/tmp/wrk.$$.$1.lua"
  wrk -t1 -c"$1" -d"$3"s -s "/tmp/wrk.$$.$1.lua" "${scheme:-http}://$server:8080/$4" >/dev/null 2>&1
  rm -f "/tmp/wrk.$$.$1.lua"
}

generate_c() { # $1 files of generated C into $2
  mkdir -p "$2"
  for file in $(seq "$1"); do
    awk -v f="$file" 'BEGIN { print "#include <stdio.h>\n#include <math.h>\n#include <stdlib.h>\n#include <string.h>";
      for (i = 0; i < 90; i++) printf "double f%d_%d(double x) { double s=%d; for (int i=0;i<%d;i++) { s+=sin(x*i)*%d; if (s>%d) s-=x; } return s; }\n", f, i, i, i+3, i, i*7 }' >"$2/file$file.c"
  done
}

generate_cpp() { # $1 files that use the standard library's templates, into $2
  mkdir -p "$2"
  for file in $(seq "$1"); do
    awk -v f="$file" 'BEGIN { print "#include <map>\n#include <string>\n#include <vector>\n#include <algorithm>\n#include <iostream>";
      for (i = 0; i < 6; i++) printf "struct T%d_%d { std::map<std::string, std::vector<int>> m; int add(const std::string& k, int v) { auto& l = m[k]; l.push_back(v); std::sort(l.begin(), l.end()); return l[0]; } };\nint g%d_%d() { T%d_%d t; std::cout << t.add(\"a\", %d); return 0; }\n", f, i, f, i, f, i, i }' >"$2/file$file.cpp"
  done
}

generate_java() { # $1 classes into $2
  mkdir -p "$2"
  for file in $(seq "$1"); do
    awk -v f="$file" 'BEGIN { printf "import java.util.*;\npublic class C%d {\n", f;
      for (i = 0; i < 40; i++) printf "  Map<String, List<Integer>> m%d(int n) { Map<String, List<Integer>> r = new TreeMap<>(); for (int i = 0; i < n; i++) r.computeIfAbsent(\"k\" + i %% %d, k -> new ArrayList<>()).add(i); return r; }\n", i, i + 2; print "}" }' >"$2/C$file.java"
  done
}

pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups env HOME="$work" PGPASSWORD= "$@"; }
pgbench() { as_postgres "$pg/pgbench" -h "$server" "$@" postgres; }

run_postgres() {
  install -d -o postgres -g postgres "$work/pg"
  as_postgres "$pg/initdb" -D "$work/pg" -A trust >/dev/null
  echo "host all all all trust" >>"$work/pg/pg_hba.conf"
  exec setpriv --reuid postgres --regid postgres --clear-groups "$pg/postgres" -D "$work/pg" -c listen_addresses='*' \
    -c unix_socket_directories="$work" -c shared_buffers=256MB
}

run_mariadb() {
  install -d -o mysql -g mysql "$work/my"
  mariadb-install-db --user=mysql --datadir="$work/my" --auth-root-authentication-method=normal >/dev/null 2>&1
  printf "CREATE USER 'bench'@'%%';\nGRANT ALL ON *.* TO 'bench'@'%%';\n" >"$work/init.sql"
  exec mariadbd --no-defaults --user=mysql --datadir="$work/my" --socket="$work/my.sock" --bind-address=0.0.0.0 --skip-name-resolve \
    --init-file="$work/init.sql" --innodb-buffer-pool-size=256M
}
# shellcheck disable=SC2086
slap() { timeout "$seconds" mysqlslap --no-defaults -h "$server" -u bench --auto-generate-sql-add-autoincrement --auto-generate-sql --no-drop \
  --create-schema="$1" $2 >/dev/null 2>&1; }

# A job every $1 seconds, by the clock: `every 8 command...`
every() { local period=$1; shift; ready; while :; do sleep "$((period - $(date +%s) % period))"; "$@"; done; }

backup() { tar -C /usr -cf - share/doc bin 2>/dev/null | head -c 60000000 | gzip -3 >"$work/backup.gz"; sha256sum "$work/backup.gz" >/dev/null; }
rotate() { gzip -c "$work/data" >"$work/log.1.gz"; mv "$work/log.1.gz" "$work/log.2.gz"; head -c 20000000 /dev/urandom | base64 >"$work/data"; }
report() { python3 -c 'rows = [(i * 7919 % 100003, str(i)) for i in range(700000)]; rows.sort(); print(sum(a for a, _ in rows[:1000]))' >>"$work/report"; }
scan() { find /usr/lib /usr/share -type f 2>/dev/null | sort | md5sum >"$work/scan"; }
chores() { for name in /etc/*; do stat "$name" | grep -c Modify >>"$work/chores"; done; df >>"$work/chores"; ps aux | awk '{ s += $3 } END { print s }' >>"$work/chores"; }

inside() {
  case $1 in
  web-nginx-gzip | web-nginx-gzip-busy) web_config 'gzip on; gzip_comp_level 6; gzip_min_length 10000; server { listen 8080;'; exec nginx -c "$work/nginx.conf" ;;
  web-nginx-small | idle-nginx) web_config 'server { listen 8080;'; exec nginx -c "$work/nginx.conf" ;;
  web-nginx-tls)
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=web -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
    web_config "ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; server { listen 8080 ssl;"
    exec nginx -c "$work/nginx.conf" ;;
  web-node | idle-node) exec "$node" "$here/server.mjs" ;;
  web-python) exec python3 "$here/server.py" ;;
  web-java) exec java -Xmx400m "$here/Server.java" ;;
  database-postgres-* | idle-postgres) run_postgres ;;
  database-mariadb-*) run_mariadb ;;
  cache-redis-*) exec redis-server --bind 0.0.0.0 --protected-mode no --save '' --dir "$work" ;;
  cache-memcached-*) exec memcached -u nobody -l 0.0.0.0 -p 6379 -m 512 -t 2 ;;
  batch-xz) head -c 60000000 /dev/urandom | od -An -tx4 | head -c 120000000 >"$work/data"; ready; while :; do xz -1 -T2 -k -f "$work/data"; done ;;
  batch-zstd) head -c 60000000 /dev/urandom | od -An -tx4 | head -c 120000000 >"$work/data"; ready
    while :; do zstd -q -9 -T1 -f "$work/data" -o "$work/data.zst"; sleep 1; zstd -q -d -f "$work/data.zst" -o "$work/data"; done ;;
  batch-java) ready; exec java -Xmx1g "$here/Batch.java" ;;
  batch-python) ready; exec python3 -c '
import random
while True:
    rows = [random.random() for _ in range(600000)]
    rows.sort()
    groups = {}
    for row in rows: groups.setdefault(int(row * 5000), []).append(row * row)
    print(sum(sum(g) for g in groups.values()), flush=True)' ;;
  batch-sort) head -c 90000000 /dev/urandom | od -An -tx4 -w8 >"$work/data"; ready
    while :; do sort -S 60M --parallel=2 -T "$work" "$work/data" | uniq -c | sort -rn -S 60M -T "$work" | head -100 >"$work/top"; done ;;
  batch-hash) head -c 400000000 /dev/urandom >"$work/data"; ready; while :; do sha512sum "$work/data" >"$work/sum"; b2sum "$work/data" >>"$work/sum"; done ;;
  build-c) generate_c 24 "$work/src"; ready
    while :; do rm -f "$work"/src/*.o; ls "$work"/src/*.c | xargs -P2 -I{} gcc -O2 -c {} -o {}.o; gcc -shared -o "$work/all.so" "$work"/src/*.o -lm; sleep 2; done ;;
  build-c-debug) generate_c 60 "$work/src"; ready
    while :; do rm -f "$work"/src/*.o; ls "$work"/src/*.c | xargs -I{} gcc -g -O0 -c {} -o {}.o; gcc -shared -o "$work/all.so" "$work"/src/*.o -lm; done ;;
  build-cpp) generate_cpp 16 "$work/src"; ready
    while :; do ls "$work"/src/*.cpp | xargs -P2 -I{} g++ -O1 -fPIC -c {} -o {}.o; g++ -shared -o "$work/all.so" "$work"/src/*.o; sleep 1; done ;;
  build-java) generate_java 60 "$work/src"; ready; while :; do javac -d "$work/classes" "$work"/src/*.java; rm -rf "$work/classes"; sleep 1; done ;;
  build-typescript) ready; cd "$here/../../../.." || exit; while :; do "$node" node_modules/typescript/bin/tsc --noEmit --incremental false -p . --outDir "$work"; sleep 1; done ;;
  build-configure) ready
    while :; do for header in stdio stdlib string math time errno limits signal unistd fcntl pthread locale wchar ctype setjmp; do
      printf '#include <%s.h>\nint main(void) { return 0; }\n' $header >"$work/conftest.c"
      gcc -E "$work/conftest.c" >"$work/conftest.i" && gcc -o "$work/conftest" "$work/conftest.c" && "$work/conftest" && echo "have $header" | sed 's/have/#define/' >>"$work/config.h"
    done; done ;;
  transfer-receive | transfer-send) exec iperf3 -s ;;
  transfer-copy) mkdir "$work/from"; for file in $(seq 12); do head -c 48000000 /dev/urandom >"$work/from/$file"; done; ready
    while :; do rsync -a --whole-file --bwlimit=60m "$work/from/" "$work/to/"; sync; rm -rf "$work/to"; sleep 1; done ;;
  transfer-download) ready; while :; do curl -s --limit-rate 40M -o "$work/file" http://10.213.7.2:8080/; sleep 1; done ;;
  transfer-upload) head -c 300000000 /dev/urandom >"$work/file"; ready; while :; do curl -s --limit-rate 30M -T "$work/file" http://10.213.7.2:8080/; sleep 1; done ;;
  transfer-serve) web_config 'server { listen 8080;'; for file in 1 2 3 4; do head -c 100000000 /dev/urandom >"$work/www/$file"; done; exec nginx -c "$work/nginx.conf" ;;
  cron-backup) every 12 backup ;;
  cron-report) every 9 report ;;
  cron-scan) every 10 scan ;;
  cron-rotate) head -c 20000000 /dev/urandom | base64 >"$work/data"; every 15 rotate ;;
  cron-chores) every 7 chores ;;
  idle-empty) ready; while :; do sleep 30; date >>"$work/log"; done ;;
  idle-monitor) ready; while :; do sleep 0.5; read -r _ </proc/stat; cat /proc/meminfo /proc/loadavg >/dev/null; done ;;
  esac
}

# What must be there before the trace begins.
prepare() {
  case $1 in
  web-* | idle-nginx | idle-node | transfer-serve) wait_for_port 8080; sleep 1 ;;
  database-postgres-* | idle-postgres) wait_for_port 5432; sleep 1; pgbench -i -s 8 -q; sleep 1 ;;
  database-mariadb-*) wait_for_port 3306; sleep 2 ;;
  cache-*) wait_for_port 6379 ;;
  transfer-receive | transfer-send) wait_for_port 5201 ;;
  *) wait_until_ready ;;
  esac
}

outside() {
  case $1 in
  web-nginx-gzip) while :; do for connections in 4 10 6; do load $connections 100 6 page.html; done; done ;;
  web-nginx-gzip-busy) while :; do for connections in 20 36 28; do load $connections 100 5 page.html; done; done ;;
  web-nginx-small) while :; do for connections in 20 60 40; do load $connections 30 6 small.html; done; done ;;
  web-nginx-tls) scheme=https; while :; do for connections in 6 16; do load $connections 40 6 small.html 'wrk.headers["Connection"]="close"'; done; done ;;
  web-node) while :; do for connections in 8 25 15; do load $connections 60 6 api; done; done ;;
  web-python) while :; do for connections in 6 14 10; do load $connections 80 6 list; done; done ;;
  web-java) while :; do for connections in 10 30 20; do load $connections 60 6 items; done; done ;;
  database-postgres-updates) pgbench -c 8 -j 1 -R 400 -T "$seconds" ;;
  database-postgres-selects) pgbench -c 8 -j 1 -S -R 3000 -T "$seconds" ;;
  database-postgres-reports)
    echo 'select bid, sum(abalance), count(*) from pgbench_accounts where aid % 7 = (random() * 6)::int group by bid order by 2;' >/tmp/report.$$.sql
    pgbench -c 2 -j 1 -n -R 6 -f /tmp/report.$$.sql -T "$seconds"; rm -f /tmp/report.$$.sql ;;
  database-postgres-prepared) while :; do for rate in 150 900; do pgbench -c 16 -j 1 -N -M prepared -R $rate -T 6; done; done ;;
  database-mariadb-mixed) slap a "--auto-generate-sql-load-type=mixed --concurrency=8 --number-of-queries=400000" ;;
  database-mariadb-writes) slap b "--auto-generate-sql-load-type=write --concurrency=4 --number-of-queries=400000" ;;
  database-mariadb-reads) while :; do slap "c$RANDOM" "--auto-generate-sql-load-type=key --auto-generate-sql-write-number=200 --concurrency=8 --number-of-queries=15000"; sleep 1; done ;;
  cache-redis-bursts) while :; do redis-benchmark -h "$server" -q -c 20 -P 4 -d 400 -r 200000 -n 60000 -t set,get; sleep 2; done ;;
  cache-redis-pipeline) while :; do redis-benchmark -h "$server" -q -c 10 -P 16 -d 100 -r 500000 -n 150000 -t get,incr,lpush; sleep 1; done ;;
  cache-redis-large) while :; do redis-benchmark -h "$server" -q -c 8 -P 1 -d 16000 -r 20000 -n 12000 -t set,get; sleep 1; done ;;
  cache-redis-steady) "$node" "$here/cache-client.mjs" redis "$server" 24 4 ;;
  cache-memcached-gets) "$node" "$here/cache-client.mjs" memcached "$server" 32 4 ;;
  cache-memcached-sets) "$node" "$here/cache-client.mjs" memcached "$server" 12 1 4000 0.6 ;;
  transfer-receive) while :; do for rate in 100M 300M 40M; do iperf3 -c "$server" -b $rate -t 6; done; done ;;
  transfer-send) while :; do for rate in 60M 400M 150M; do iperf3 -c "$server" -b $rate -t 6 -R; done; done ;;
  transfer-download | transfer-upload) "$node" "$here/file-peer.mjs" ;;
  transfer-serve) while :; do for file in 1 2 3 4; do curl -s --limit-rate 50M -o /dev/null "http://$server:8080/$file" & curl -s --limit-rate 20M -o /dev/null "http://$server:8080/$file"; wait; done; done ;;
  idle-nginx) while :; do sleep 1; curl -s -o /dev/null "http://$server:8080/small.html"; done ;;
  idle-node) while :; do sleep 2; curl -s -o /dev/null "http://$server:8080/"; done ;;
  idle-postgres) pgbench -c 1 -j 1 -R 0.5 -T "$seconds" ;;
  *) sleep "$seconds" ;;
  esac
}

case ${1:-} in
list)
  printf '%s\n' web-nginx-gzip database-postgres-updates cache-redis-bursts batch-xz build-c transfer-receive cron-backup idle-empty \
    web-node database-mariadb-mixed cache-memcached-gets batch-java build-cpp transfer-copy cron-report idle-monitor \
    web-python database-postgres-selects cache-redis-pipeline batch-sort build-java transfer-download cron-scan idle-postgres \
    web-nginx-small database-mariadb-writes cache-redis-steady batch-python build-configure transfer-send cron-rotate idle-nginx \
    web-java database-postgres-reports cache-memcached-sets batch-zstd build-typescript transfer-upload cron-chores idle-node \
    web-nginx-tls database-postgres-prepared cache-redis-large batch-hash build-c-debug transfer-serve \
    web-nginx-gzip-busy database-mariadb-reads ;;
inside) inside "$2" ;;
prepare) prepare "$2" ;;
outside) outside "$2" ;;
*) echo "usage: programs.sh list | inside RUN | prepare RUN | outside RUN" >&2; exit 2 ;;
esac
