#!/usr/bin/env bash
# Makes an image of a Kafka broker without a container registry: a runtime that jlink cuts from the
# local JDK, Kafka's jars as Maven resolves them (the versions of the root pom), bash and sleep of
# this machine, in one tar that `docker import` takes. It can stand in for apache/kafka where
# Testcontainers' KafkaContainer is used.
#
#   docker/kafka-image.sh [IMAGE]      IMAGE is local/kafka:4.2.2 if not given
#
# Needs: Linux, a JDK with jlink (17 or newer), Maven, tar, and a Docker engine where DOCKER_HOST says.
# MAVEN_ARGS are handed to mvn, such as -o when everything is in the local repository; DOCKER is the
# client to use (default docker).
set -euo pipefail

here="$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")" && pwd)"
image="${1:-local/kafka:4.2.2}"
read -r -a maven_args <<< "${MAVEN_ARGS:-}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
root="$work/root"
mkdir -p "$root"/{bin,dev,etc/kafka/docker,opt/kafka/etc,opt/kafka/libs,proc,sys,tmp,usr/bin,var/lib/kafka}
chmod 1777 "$root/tmp"

# A program, and every library that the loader would open for it, at the same place in the image.
with_libraries() {
  local library
  for library in $(ldd "$1" | grep -o '/[^ ]*'); do
    mkdir -p "$root$(dirname -- "$library")"
    cp -L "$library" "$root$library"
  done
}

echo "kafka-image: the jars" >&2
mvn -q -B ${maven_args[@]+"${maven_args[@]}"} -f "$here/kafka/pom.xml" dependency:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$root/opt/kafka/libs"

echo "kafka-image: the runtime" >&2
# java.desktop is for java.beans, which Log4j wants.
jlink=jlink
[[ -z "${JAVA_HOME:-}" ]] || jlink="$JAVA_HOME/bin/jlink"
"$jlink" --strip-debug --no-header-files --no-man-pages --compress=2 --output "$root/opt/java" \
  --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.rmi,java.security.jgss,java.security.sasl,java.sql,jdk.crypto.ec,jdk.management,jdk.unsupported
with_libraries "$root/opt/java/bin/java"
with_libraries "$root/opt/java/lib/server/libjvm.so"
for library in "$root"/opt/java/lib/lib{java,net,nio,zip,management}.so; do
  with_libraries "$library"
done
# The codecs in Kafka's jars unpack libraries of their own when they are first used, which ask by name
# for parts that glibc has kept inside libc since 2.34 and still has empty files for.
libc="$(ldd "$root/opt/java/bin/java" | grep -o '/[^ ]*/libc\.so\.6')"
for part in libpthread.so.0 libdl.so.2 librt.so.1; do
  cp -L "${libc%/*}/$part" "$root${libc%/*}/"
done
# ldd finds the runtime's own libraries where they were built; in the image they are there already.
rm -rf "${root:?}$work"

cp -L "$(command -v bash)" "$root/bin/bash"
cp -L "$(command -v sleep)" "$root/bin/sleep"
ln -s bash "$root/bin/sh"
with_libraries "$(command -v bash)"
with_libraries "$(command -v sleep)"
install -m 755 "$here/kafka/run" "$root/etc/kafka/docker/run"
cp "$here/kafka/log4j2.properties" "$root/opt/kafka/etc/"

echo "kafka-image: importing $image" >&2
tar -C "$root" --owner=0 --group=0 --numeric-owner -cf - . \
  | "${DOCKER:-docker}" import --change 'ENV PATH=/opt/java/bin:/bin:/usr/bin' \
    --change 'EXPOSE 9092' --change 'CMD ["/etc/kafka/docker/run"]' - "$image"
