/** A kernel's file, whatever it is wrapped in, as the model of {@code golden.image}. */
package io.plumbline.signaturestore.extract.kernel;
