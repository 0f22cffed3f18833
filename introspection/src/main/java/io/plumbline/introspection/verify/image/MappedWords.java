package io.plumbline.introspection.verify.image;

import io.plumbline.introspection.memory.PageBytes;
import io.plumbline.introspection.paging.VirtualMemory;
import io.plumbline.introspection.verify.patch.GuestWords;
import java.util.Optional;
import java.util.OptionalLong;

/** A guest's words as its page tables show them. */
record MappedWords(VirtualMemory memory) implements GuestWords {
  private static final int PAGE = PageBytes.SIZE;

  @Override
  public OptionalLong longAt(long address) {
    Optional<PageBytes> page = memory.pageAt(address);
    int offset = (int) address & PAGE - 1;
    if (page.isEmpty()) {
      return OptionalLong.empty();
    }
    if (offset <= PAGE - Long.BYTES) {
      return OptionalLong.of(page.get().longAt(offset));
    }
    long value = 0;
    for (int i = Long.BYTES - 1; i >= 0; i--) {
      Optional<PageBytes> part = memory.pageAt(address + i);
      if (part.isEmpty()) {
        return OptionalLong.empty();
      }
      value = value << Byte.SIZE | part.get().byteAt((int) (address + i) & PAGE - 1);
    }
    return OptionalLong.of(value);
  }

  @Override
  public boolean isWithheld(long address) {
    return memory.frameAt(address) >= 0 && memory.pageAt(address).isEmpty();
  }
}
