package io.plumbline.introspection.code;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Binutils' objdump as an independent opinion. */
final class Objdump {
  /** No instruction begins here in objdump's linear sweep. */
  static final int NOT_A_START = -1;

  private Objdump() {}

  static boolean present() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, "objdump"))) {
        return true;
      }
    }
    return false;
  }

  /** By offset: the length of the instruction there, 0 for (bad), or {@link #NOT_A_START}. */
  static int[] lengths(byte[] code, CodeMode mode, Path folder)
      throws IOException, InterruptedException {
    Path file = Files.write(folder.resolve("code.bin"), code);
    String machine = mode == CodeMode.LONG_64 ? "i386:x86-64" : "i386";
    Process objdump =
        new ProcessBuilder(
                "objdump", "-D", "-w", "-z", "-b", "binary", "-m", machine, file.toString())
            .redirectErrorStream(true)
            .start();
    int[] lengths = new int[code.length];
    Arrays.fill(lengths, NOT_A_START);
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(objdump.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split("\t", 3);
        if (fields.length >= 2 && fields[0].endsWith(":")) {
          int offset = Integer.parseInt(fields[0].substring(0, fields[0].length() - 1).trim(), 16);
          boolean bad = fields.length > 2 && fields[2].contains("(bad)");
          lengths[offset] = bad ? 0 : (fields[1].trim().length() + 1) / 3;
        }
      }
    }
    int exit = objdump.waitFor();
    if (exit != 0) {
      throw new IOException("objdump exited with " + exit);
    }
    return lengths;
  }
}
