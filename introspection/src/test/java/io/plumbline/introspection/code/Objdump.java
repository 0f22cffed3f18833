package io.plumbline.introspection.code;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Binutils' objdump as an independent opinion. */
final class Objdump {
  private Objdump() {}

  /** Gets what objdump says, in the order of its linear sweep. */
  interface Reader {
    void instruction(int offset, Opinion opinion);
  }

  static boolean present() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, "objdump"))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Sweeps all of {@code code}.
   *
   * @param step only instructions that begin at a multiple of it are told
   * @param folder for a file of the code
   */
  static void read(byte[] code, CodeMode mode, int step, Path folder, Reader reader)
      throws IOException, InterruptedException {
    Path file = Files.write(folder.resolve("code.bin"), code);
    String machine = mode == CodeMode.LONG_64 ? "i386:x86-64" : "i386";
    Process objdump =
        new ProcessBuilder(
                "objdump", "-D", "-w", "-z", "-b", "binary", "-m", machine, file.toString())
            .redirectErrorStream(true)
            .start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(objdump.getInputStream(), StandardCharsets.US_ASCII), 1 << 16)) {
      int start = -1;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        int colon = line.indexOf(":\t");
        if (colon <= 0 || line.charAt(0) != ' ') {
          continue;
        }
        int offset = Integer.parseInt(line, line.lastIndexOf(' ', colon) + 1, colon, 16);
        start = start < 0 ? offset : start;
        int tab = line.indexOf('\t', colon + 2);
        String text = tab < 0 ? "" : line.substring(tab + 1);
        // A prefix that the next one makes void has a line of its own.
        if (Opinion.prefixesOnly(text)) {
          continue;
        }
        if (start % step == 0) {
          int end = tab < 0 ? line.length() : tab;
          int bytes = (line.substring(colon + 2, end).trim().length() + 1) / 3;
          reader.instruction(start, opinion(offset - start + bytes, text));
        }
        start = -1;
      }
    }
    int exit = objdump.waitFor();
    if (exit != 0) {
      throw new IOException("objdump exited with " + exit);
    }
  }

  private static Opinion opinion(int length, String text) {
    return text.contains("(bad)") ? Opinion.NONE : Opinion.ofText(length, text);
  }
}
