#!/usr/bin/env bash
# s3proxy 4.1.0 with just the run-time dependencies that its pom on Maven Central leads to does not start: Maven takes jackson-annotations
# 2.18.3, which is nearer, and Jackson 3 needs 2.21 (JsonSerializeAs). With that one version pinned it starts.
# Exits 0 where it behaves so, 1 where it does not any more. Needs Java 17 and Maven.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/data"
# A port that nobody listens on: what matters is whether it comes so far as to listen.
port=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
printf '%s\n' s3proxy.authorization=none "s3proxy.endpoint=http://127.0.0.1:$port" jclouds.provider=filesystem-nio2 \
  jclouds.identity=none jclouds.credential=none "jclouds.filesystem.basedir=$work/data" >"$work/s3proxy.properties"
echo '<configuration><root level="info"><appender-ref ref="O"/></root><appender name="O" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%msg%n</pattern></encoder></appender></configuration>' \
  >"$work/logback.xml"
try() {
  mkdir "$work/$1"
  cat >"$work/$1/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version>
<dependencyManagement><dependencies>$2</dependencies></dependencyManagement>
<dependencies><dependency><groupId>org.gaul</groupId><artifactId>s3proxy</artifactId><version>4.1.0</version></dependency></dependencies></project>
XML
  mvn --quiet --batch-mode --file "$work/$1/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/$1/lib"
  timeout 120 java -Dlogback.configurationFile="$work/logback.xml" -cp "$work/$1/lib/*" org.gaul.s3proxy.Main \
    --properties "$work/s3proxy.properties" >"$work/$1/log" 2>&1 &
  java=$!
  until grep -q -e NoClassDefFoundError -e 'Started oeje\|Started .*Server@' "$work/$1/log" || ! kill -0 "$java" 2>/dev/null; do sleep 0.2; done
  kill "$java" 2>/dev/null || true
  wait "$java" 2>/dev/null || true
  echo "$1: $(ls "$work/$1/lib" | grep '^jackson-annotations'), $(grep -m1 -o -e 'NoClassDefFoundError.*' -e 'Started.*Server@' "$work/$1/log")"
}
java -version 2>&1 | head -1
try as-declared ''
try pinned '<dependency><groupId>com.fasterxml.jackson.core</groupId><artifactId>jackson-annotations</artifactId><version>2.21</version></dependency>'
grep -q NoClassDefFoundError "$work/as-declared/log" && grep -q 'Started' "$work/pinned/log"
