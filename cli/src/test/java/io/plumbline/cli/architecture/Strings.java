package io.plumbline.cli.architecture;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The string constants of a class file (The Java Virtual Machine Specification, section 4.4). */
final class Strings {
  private static final int MAGIC = 0xCAFEBABE;

  private Strings() {}

  /** Every string literal of the class, names and annotations not included. */
  static List<String> of(InputStream classFile) throws IOException {
    DataInputStream in = new DataInputStream(classFile);
    if (in.readInt() != MAGIC) {
      throw new IOException("not a class file");
    }
    in.readInt(); // minor and major version
    int entries = in.readUnsignedShort();
    Map<Integer, String> texts = new HashMap<>();
    List<Integer> literals = new ArrayList<>();
    for (int index = 1; index < entries; index++) {
      int tag = in.readUnsignedByte();
      switch (tag) {
        case 1 -> texts.put(index, in.readUTF());
        case 8 -> literals.add(in.readUnsignedShort());
        case 7, 16, 19, 20 -> in.readUnsignedShort();
        case 15 -> in.skipNBytes(3);
        case 3, 4, 9, 10, 11, 12, 17, 18 -> in.readInt();
        case 5, 6 -> {
          in.readLong();
          index++; // longs and doubles take two entries (section 4.4.5)
        }
        default -> throw new IOException("unknown constant pool tag " + tag);
      }
    }
    return literals.stream().map(texts::get).toList();
  }
}
