/**
 * Code that a kernel makes while it runs, outside its image: each kind is told by the template in
 * the verified image that it was copied from. Knows the layout of an image and the guest's words;
 * nothing of findings.
 */
package io.plumbline.introspection.verify.dynamic;
