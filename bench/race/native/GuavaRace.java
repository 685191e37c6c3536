import com.google.common.collect.Range;
import com.google.common.collect.RangeMap;
import com.google.common.collect.TreeRangeMap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.StringJoiner;

/**
 * Guava's range map, as it comes: half-open ranges of boxed longs.
 *
 * <p>{@code GuavaRace FILL FILE PASSES} performs FILL once, before anything is timed. Only for the workloads of the
 * tree benches.
 */
final class GuavaRace {
  private final RangeMap<Long, Integer> ranges = TreeRangeMap.create();

  public static void main(String[] arguments) throws IOException {
    GuavaRace race = new GuavaRace();
    race.pass(read(arguments[0]));
    double[] operations = read(arguments[1]);
    StringJoiner times = new StringJoiner(",");
    int hash = 0;
    for (int passes = Integer.parseInt(arguments[2]); passes > 0; passes--) {
      long start = System.nanoTime();
      hash = race.pass(operations);
      times.add(Double.toString((System.nanoTime() - start) / (operations.length / 4.0)));
    }
    System.out.println("{\"passes\":[" + times + "],\"hash\":" + hash + "}");
  }

  /** Rows of four: the verb of bench/operations.ts and its operands. */
  private static double[] read(String path) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(path)));
    double[] numbers = new double[bytes.remaining() / Double.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(numbers);
    return numbers;
  }

  private int pass(double[] operations) {
    int hash = 0;
    for (int i = 0; i < operations.length; i += 4) {
      long a = (long) operations[i + 1];
      long b = (long) operations[i + 2];
      long c = (long) operations[i + 3];
      hash = hash * 31 + perform((int) operations[i], a, b, c);
    }
    return hash;
  }

  private int perform(int verb, long a, long b, long c) {
    switch (verb) {
      case 0: return load(a);
      case 1: return find(a, b);
      case 2: ranges.put(Range.closedOpen(a, b + 1), (int) c); return 0;
      case 3: ranges.remove(Range.closedOpen(a, b + 1)); return 0;
      case 4: return highestGap(a, b, c);
      case 5: return iterate();
      default: throw new IllegalArgumentException("no operation of the tree benches: " + verb);
    }
  }

  private int load(long index) {
    Integer value = ranges.get(index);
    return value == null ? 0 : value;
  }

  private int find(long index, long max) {
    Map.Entry<Range<Long>, Integer> at = ranges.getEntry(index);
    if (at != null) return at.getKey().lowerEndpoint().intValue();
    for (Range<Long> next : ranges.subRangeMap(Range.closedOpen(index, max + 1)).asMapOfRanges().keySet()) {
      return next.lowerEndpoint().intValue();
    }
    return -1;
  }

  /** No gaps are tracked: one range after another is looked at. */
  private int highestGap(long size, long min, long max) {
    long end = max + 1; // the first index that is not free
    RangeMap<Long, Integer> window = ranges.subRangeMap(Range.closedOpen(min, end));
    for (Range<Long> range : window.asDescendingMapOfRanges().keySet()) {
      if (end - range.upperEndpoint() >= size) break;
      end = range.lowerEndpoint();
    }
    return end - min >= size ? (int) (end - size) : -1;
  }

  private int iterate() {
    int sum = 0;
    for (Map.Entry<Range<Long>, Integer> entry : ranges.asMapOfRanges().entrySet()) {
      Range<Long> range = entry.getKey();
      int last = (int) (range.upperEndpoint() - 1);
      sum = sum * 31 + range.lowerEndpoint().intValue() + 3 * last + entry.getValue();
    }
    return sum;
  }
}
