/**
 * Which signatures exist, as everybody is told. Knows ids, names and digests; knows neither the
 * topic nor the bytes of a record, which {@code publish} does.
 */
package io.plumbline.signaturestore.announce;
