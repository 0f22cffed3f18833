package io.plumbline.signaturestore.extract.kernel;

import io.plumbline.introspection.golden.image.PatchSites.Alternative;
import io.plumbline.introspection.golden.image.PatchSites.JumpLabel;
import io.plumbline.introspection.golden.image.PatchSites.ParavirtSite;
import io.plumbline.introspection.golden.image.PatchSites.StaticCall;
import java.util.List;

/** Writes tables of patch sites as the kernel's macros do. */
final class TinyTables {
  private final long base;

  TinyTables(long base) {
    this.base = base;
  }

  /** Distances from their own places, then zeros up to {@code size} bytes. */
  byte[] list(int place, int[] sites, int size) {
    LittleEndian out = new LittleEndian();
    for (int site : sites) {
      out.u32(site - (place + out.size()));
    }
    return out.padTo(size).toBytes();
  }

  /** Entries of 12, 13 or 14 bytes. */
  byte[] alternatives(int place, List<Alternative> entries, int bytes) {
    LittleEndian out = new LittleEndian();
    for (Alternative each : entries) {
      out.u32(each.site() - (place + out.size()));
      out.u32(each.replacement() - (place + out.size()));
      if (bytes == 14) {
        out.u16(each.feature()).u16((each.whenAbsent() ? 1 : 0) | (each.directCall() ? 2 : 0));
      } else {
        out.u16(each.feature() | (each.whenAbsent() ? 0x8000 : 0));
      }
      out.u8(each.siteLength()).u8(each.replacementLength());
      if (bytes == 13) {
        out.u8(1);
      }
    }
    return out.toBytes();
  }

  /** 64-bit addresses, aligned; the last entry is not filled up. */
  byte[] paravirt(List<ParavirtSite> entries) {
    LittleEndian out = new LittleEndian();
    for (ParavirtSite each : entries) {
      out.align(8).u64(base + each.site()).u8(each.operation()).u8(each.length());
    }
    return out.toBytes();
  }

  byte[] jumpLabels(int place, List<JumpLabel> entries) {
    LittleEndian out = new LittleEndian();
    for (JumpLabel each : entries) {
      out.u32(each.code() - (place + out.size()));
      out.u32(each.target() - (place + out.size()));
      // Bit 1 says which length the build chose; it is no part of the distance.
      out.u64(each.key() - (place + out.size()) + (each.branch() ? 1 : 0) + 2);
    }
    return out.toBytes();
  }

  byte[] staticCalls(int place, List<StaticCall> entries) {
    LittleEndian out = new LittleEndian();
    for (StaticCall each : entries) {
      out.u32(each.site() - (place + out.size()));
      int flags = (each.tail() ? 1 : 0) | (each.init() ? 2 : 0);
      out.u32(each.key() - (place + out.size()) + flags);
    }
    return out.toBytes();
  }
}
