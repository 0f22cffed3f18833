package io.plumbline.signaturestore.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.introspection.golden.SymbolTable;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SymbolsFileTest {
  @Test
  void codeAndDataOfTheKernelAreKeptInOrderOfTheirAddress() throws IOException {
    SymbolsFile read =
        read(
            """
            ffffffff9b000000 R __start_rodata
            0000000000000000 A fixed_percpu_data
            ffffffff9a400010 t local
            ffffffff9a400000 T _stext
            ffffffff9a400020 W weak
            ffffffff9c000000 D jiffies
            ffffffff9d000000 b in_bss
            ffffffffc0000000 t in_module\t[ext4]
            ffffffffc0001000 t bpf_prog_1\t[bpf]
                             U printf
            """);

    assertThat(read.symbols())
        .containsExactly(
            new Symbol(0xffffffff9a400000L, "_stext"),
            new Symbol(0xffffffff9a400010L, "local"),
            new Symbol(0xffffffff9a400020L, "weak"),
            new Symbol(0xffffffff9b000000L, "__start_rodata"),
            new Symbol(0xffffffff9c000000L, "jiffies"));
  }

  @Test
  void ofSeveralNamesTheGlobalOneIsKeptWhateverTheirOrder() throws IOException {
    assertThat(read("c1000000 t aaa\nc1000000 T sys_open\nc1000000 T zzz\n").symbols())
        .isEqualTo(read("c1000000 T zzz\nc1000000 T sys_open\nc1000000 t aaa").symbols())
        .containsExactly(new Symbol(0xc1000000L, "sys_open"));
  }

  @Test
  void aSignatureGetsTheSymbolsInsideItsImage() throws IOException {
    SymbolTable table =
        read("ffffffff80ffffff T before\nffffffff81000010 T inside\nffffffff81002000 T behind\n")
            .table(0xffffffff81000000L, 0x2000);

    assertThat(table.names()).containsExactly("inside");
    assertThat(table.offsets()).containsExactly(0x10);
    assertThat(table.nameOf(0x14)).isEqualTo("inside+0x4");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x T name",
        "ffffffff81000000 T",
        "ffffffff81000000 TT name",
        "11112222333344445 T name",
        "-1 T name",
        "just text here"
      })
  void aLineOfAnotherFormIsRefusedByItsNumber(String line) {
    assertThatThrownBy(() -> read("ffffffff81000000 T good\n" + line + "\n"))
        .isInstanceOf(SymbolsException.class)
        .hasMessageStartingWith("symbols.txt: line 2: expected ");
  }

  @Test
  void addressesThatTheKernelHidesAreNamedAsSuch() {
    assertThatThrownBy(() -> read("0000000000000000 T _stext\n0000000000000000 t other\n"))
        .isInstanceOf(SymbolsException.class)
        .hasMessageContaining("the kernel hides them");
  }

  @Test
  void anEmptyListIsRefused() {
    assertThatThrownBy(() -> read("")).isInstanceOf(SymbolsException.class);
  }

  @Test
  void anEndlessLineIsRefused() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'a';
          }
        };

    assertThatThrownBy(() -> SymbolsFile.read("symbols.txt", endless))
        .isInstanceOf(SymbolsException.class)
        .hasMessageContaining("at most 1024 characters");
  }

  @Test
  void aNameWithControlCharactersIsRefused() {
    assertThatThrownBy(() -> read("c1000000 T a\u001b[31mb\n"))
        .isInstanceOf(SymbolsException.class)
        .hasMessageContaining("'a?[31mb'");
  }

  private static SymbolsFile read(String text) throws IOException {
    return SymbolsFile.read(
        "symbols.txt", new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
  }
}
