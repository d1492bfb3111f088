import java.util.*;

/** Groups and sorts rows in rounds of growing size. */
public class Batch {
  public static void main(String[] arguments) throws Exception {
    Random random = new Random(1);
    for (int round = 0;; round++) {
      int rows = 500_000 * (1 + round % 3);
      Map<String, List<Integer>> groups = new HashMap<>();
      for (int i = 0; i < rows; i++) groups.computeIfAbsent("key" + random.nextInt(rows / 8), k -> new ArrayList<>()).add(i);
      long sum = 0;
      for (List<Integer> group : groups.values()) { Collections.shuffle(group, random); Collections.sort(group); sum += group.get(0); }
      Thread.sleep(500);
      if (sum == 42) System.out.println(sum);
    }
  }
}
