package io.plumbline.introspection.verify;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SystemCallHandlersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "__x64_sys_newuname",
        "__ia32_sys_read",
        "__ia32_compat_sys_ioctl",
        "__x64_compat_sys_rt_sigreturn"
      })
  void aHandlerIsKnownByItsName(String symbol) {
    assertThat(SystemCallHandlers.isOne(symbol)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x64_sys_call", "do_syscall_64", "ksys_read", "", "0xffffffff81000000", "sys_x"})
  void whatOnlyDispatchesOrHelpsIsNone(String symbol) {
    assertThat(SystemCallHandlers.isOne(symbol)).isFalse();
  }

  @Test
  void aPlaceInsideAHandlerIsNone() {
    assertThat(SystemCallHandlers.isOne("__x64_sys_newuname+0x5")).isFalse();
  }
}
