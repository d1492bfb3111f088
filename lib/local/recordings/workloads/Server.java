import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;

/** A page built from a map for each request, eight worker threads. */
public class Server {
  public static void main(String[] arguments) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(8080), 64);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", exchange -> {
      TreeMap<Integer, String> items = new TreeMap<>();
      for (int i = 0; i < 1500; i++) items.put(ThreadLocalRandom.current().nextInt(), "item " + i);
      StringBuilder page = new StringBuilder();
      items.forEach((key, item) -> page.append("<li>").append(key).append(' ').append(item).append("</li>"));
      byte[] body = page.toString().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }
}
