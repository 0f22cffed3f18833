package io.plumbline.introspection.code;

import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;
import jnr.ffi.types.u_int64_t;

/** The functions of libcapstone that we call, as {@code capstone/capstone.h} declares them. */
public interface LibCapstone {
  /** Major version in bits 8 and up, minor version in bits 0-7; both arguments may be null. */
  int cs_version(Pointer major, Pointer minor);

  int cs_open(int architecture, int mode, Pointer handle);

  int cs_close(Pointer handle);

  Pointer cs_malloc(@size_t long handle);

  void cs_free(Pointer instructions, @size_t long count);

  /** A C {@code bool}: only the low byte is defined. */
  byte cs_disasm_iter(
      @size_t long handle, Pointer code, Pointer size, Pointer address, Pointer instruction);

  @size_t
  long cs_disasm(
      @size_t long handle,
      Pointer code,
      @size_t long size,
      @u_int64_t long address,
      @size_t long count,
      Pointer instructions);
}
