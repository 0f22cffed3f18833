/**
 * Which guest physical frames an image holds and where in the file each one lies. Knows the memory
 * maps of virtual machines; must not know file formats or what the frames contain.
 */
package io.plumbline.ingest.guest.layout;
