package org.pg2citus.runner.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pg2citus.runner.failure.MigrationException;

/**
 * Reads the configuration: flags win over the environment, which wins over the file. Everything that is wrong is
 * reported together.
 */
public final class ConfigReader {

    private static final ObjectMapper YAML = new ObjectMapper(YAMLFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build());
    private static final List<String> PATHS =
            Arrays.stream(ConfigKey.values()).map(ConfigKey::path).toList();

    private final Map<String, String> environment;
    private final Path home;
    private final String osUser;
    private final Problems problems = new Problems();
    private final List<String> warnings = new ArrayList<>();
    private final Map<ConfigKey, List<String>> values = new EnumMap<>(ConfigKey.class);

    /** @param home the user's home folder, for {@code ~} and {@code .pgpass} */
    public ConfigReader(Map<String, String> environment, Path home, String osUser) {
        this.environment = Map.copyOf(environment);
        this.home = home;
        this.osUser = osUser;
    }

    /** A reader of this process's environment. */
    public static ConfigReader ofProcess() {
        return new ConfigReader(
                System.getenv(), Path.of(System.getProperty("user.home")), System.getProperty("user.name"));
    }

    /**
     * Reads once.
     *
     * @param file the YAML file, if one is named
     * @param flags what the command line says
     * @throws MigrationException (exit code 2) with every problem
     */
    public MigrationSettings read(Optional<Path> file, Map<ConfigKey, List<String>> flags) {
        file.ifPresent(this::readFile);
        readEnvironment();
        values.putAll(flags);

        String name = text(ConfigKey.NAME).orElse("default");
        if (!name.matches("[a-z0-9_]{1,40}")) {
            problems.add("name: '%s' is not 1 to 40 lower-case letters, digits or _".formatted(name));
        }
        Optional<ServerAddress> source =
                server(ConfigKey.SOURCE_URI, ConfigKey.SOURCE_PASSWORD, ConfigKey.SOURCE_PASSWORD_FILE);
        Optional<ServerAddress> target =
                server(ConfigKey.TARGET_URI, ConfigKey.TARGET_PASSWORD, ConfigKey.TARGET_PASSWORD_FILE);
        TableFilter tables = new TableFilter(
                patterns(ConfigKey.TABLES_INCLUDE, List.of("*")), patterns(ConfigKey.TABLES_EXCLUDE, List.of()));
        KafkaSettings kafka = kafka(name);
        Optional<URI> connectUrl = httpAddress(ConfigKey.CONNECT_URL);
        if (connectUrl.isPresent() && kafka.bootstrapServers().isEmpty()) {
            problems.add("connect.url needs kafka.bootstrap.servers: workers elsewhere cannot reach an embedded Kafka");
        }
        String slot = slotName(name);
        CopySettings copy = new CopySettings(
                number(ConfigKey.COPY_JOBS, 1, 64).orElse(4),
                number(ConfigKey.COPY_CHUNK_MB, 1, 1 << 20).orElse(CopySettings.DEFAULT_CHUNK_MB),
                bool(ConfigKey.COPY_DEFER_INDEXES).orElse(false),
                bool(ConfigKey.COPY_BY_KEY).orElse(false));
        int restarts = number(ConfigKey.POLICY_TASK_RESTARTS, 0, 1000).orElse(10);
        int stopSeconds = number(ConfigKey.POLICY_STOP_TIMEOUT_SECONDS, 1, 600).orElse(30);
        WatchPolicy watch = watch();
        problems.throwIfAny();
        return new MigrationSettings(
                name,
                text(ConfigKey.DATA_DIR)
                        .map(this::path)
                        .orElse(home.resolve(".pg2citus").resolve(name)),
                source.orElseThrow(),
                target.orElseThrow(),
                slot,
                text(ConfigKey.SOURCE_PUBLICATION).orElse("pg2citus_" + name),
                tables,
                copy,
                kafka,
                connectUrl,
                restarts,
                Duration.ofSeconds(stopSeconds),
                watch,
                warnings);
    }

    private void readFile(Path file) {
        try (Reader reader = Files.newBufferedReader(file)) {
            JsonNode root = YAML.readTree(reader);
            if (root == null || !root.isObject()) {
                problems.add("%s: no keys found; the first line of a configuration is: version: 1".formatted(file));
                return;
            }
            flatten(file, "", root);
            List<String> version = values.getOrDefault(ConfigKey.VERSION, List.of());
            if (!version.equals(List.of("1"))) {
                problems.add(
                        version.isEmpty()
                                ? "%s: version is missing; write: version: 1".formatted(file)
                                : "%s: version %s is not known to this program; it reads version 1"
                                        .formatted(file, String.join(",", version)));
            }
        } catch (JsonProcessingException e) {
            problems.add("%s: not readable as YAML at line %d: %s"
                    .formatted(
                            file,
                            e.getLocation() == null ? 0 : e.getLocation().getLineNr(),
                            e.getOriginalMessage().lines().findFirst().orElse("")));
        } catch (IOException e) {
            problems.add("%s: cannot be read (%s)".formatted(file, e.getClass().getSimpleName()));
        }
    }

    private void flatten(Path file, String prefix, JsonNode node) {
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String path = prefix + field.getKey();
            JsonNode value = field.getValue();
            Optional<ConfigKey> key = Arrays.stream(ConfigKey.values())
                    .filter(candidate -> candidate.path().equals(path))
                    .findFirst();
            if (key.isEmpty()) {
                if (value.isObject() && PATHS.stream().anyMatch(known -> known.startsWith(path + "."))) {
                    flatten(file, path + ".", value);
                } else {
                    problems.add("%s: unknown key %s%s".formatted(file, path, didYouMean(path, PATHS)));
                }
            } else if (key.get().isEnvironmentOnly()) {
                problems.add("%s: %s is not read from a file; set the environment variable %s, or %s_file, or ~/.pgpass"
                        .formatted(file, path, key.get().environmentName(), path));
            } else if (value.isValueNode()) {
                if (!value.isNull()) {
                    values.put(key.get(), List.of(value.asText()));
                }
            } else if (value.isArray()
                    && isList(key.get())
                    && Stream.iterate(0, i -> i < value.size(), i -> i + 1)
                            .allMatch(i -> value.get(i).isValueNode())) {
                List<String> items = new ArrayList<>();
                value.forEach(item -> items.add(item.asText()));
                values.put(key.get(), items);
            } else {
                problems.add("%s: %s must be a single value%s"
                        .formatted(file, path, isList(key.get()) ? " or a list of values" : ""));
            }
        }
    }

    private void readEnvironment() {
        Map<String, ConfigKey> byName = Arrays.stream(ConfigKey.values())
                .collect(Collectors.toMap(ConfigKey::environmentName, Function.identity()));
        // Other programs may use the prefix for things of their own; within our sections a name is ours or misspelt.
        List<String> sections = PATHS.stream()
                .filter(path -> path.indexOf('.') > 0)
                .map(path -> "PG2CITUS_" + path.substring(0, path.indexOf('.')).toUpperCase(Locale.ROOT) + "_")
                .distinct()
                .toList();
        environment.keySet().stream().sorted().forEach(name -> {
            ConfigKey key = byName.get(name);
            if (key != null && key != ConfigKey.VERSION) {
                String value = environment.get(name);
                if (!value.isEmpty()) {
                    values.put(key, isList(key) ? commaSeparated(value) : List.of(value));
                }
            } else if (sections.stream().anyMatch(name::startsWith)) {
                problems.add("environment: unknown variable %s%s".formatted(name, didYouMean(name, byName.keySet())));
            }
        });
    }

    private Optional<ServerAddress> server(ConfigKey uriKey, ConfigKey passwordKey, ConfigKey passwordFileKey) {
        Optional<String> uri = text(uriKey);
        if (uri.isEmpty()) {
            problems.add("%s is missing: give --%s, or %s in the file, or %s in the environment"
                    .formatted(
                            uriKey.path(),
                            uriKey.path().substring(0, uriKey.path().indexOf('.')),
                            uriKey.path(),
                            uriKey.environmentName()));
            return Optional.empty();
        }
        try {
            ServerAddress server = LibpqUri.parse(uri.get(), osUser);
            Optional<Secret> password = server.password()
                    .or(() -> text(passwordKey).map(Secret::new))
                    .or(() -> text(passwordFileKey).flatMap(file -> passwordFile(passwordFileKey, path(file))))
                    .or(() -> PgPass.standard(environment, home).password(server, warnings));
            return Optional.of(server.withPassword(password));
        } catch (IllegalArgumentException e) {
            problems.add(uriKey.path() + ": " + e.getMessage());
            return Optional.empty();
        }
    }

    private Optional<Secret> passwordFile(ConfigKey key, Path file) {
        try {
            return Optional.of(new Secret(Files.readString(file).stripTrailing()));
        } catch (IOException e) {
            problems.add("%s: %s cannot be read (%s)"
                    .formatted(key.path(), file, e.getClass().getSimpleName()));
            return Optional.empty();
        }
    }

    private KafkaSettings kafka(String name) {
        String topic = text(ConfigKey.KAFKA_TOPIC).orElse("pg2citus." + name);
        if (!topic.matches("[A-Za-z0-9._-]{1,200}")) {
            problems.add("kafka.topic: '%s' is not 1 to 200 letters, digits, '.', '_' or '-'".formatted(topic));
        }
        Optional<String> servers = text(ConfigKey.KAFKA_BOOTSTRAP_SERVERS);
        Optional<Integer> replicas = number(ConfigKey.KAFKA_REPLICATION_FACTOR, 1, 100);
        Map<String, String> client = Map.of();
        Optional<String> clientFile = text(ConfigKey.KAFKA_CLIENT_CONFIG_FILE);
        if (clientFile.isPresent()) {
            client = properties(path(clientFile.get()));
        }
        if (servers.isEmpty() && (replicas.isPresent() || clientFile.isPresent())) {
            problems.add("kafka.replication_factor and kafka.client_config_file are for an existing cluster: they need"
                    + " kafka.bootstrap.servers");
        }
        return new KafkaSettings(servers, topic, replicas.map(Integer::shortValue), client);
    }

    private Map<String, String> properties(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            problems.add("%s: %s cannot be read (%s)"
                    .formatted(
                            ConfigKey.KAFKA_CLIENT_CONFIG_FILE.path(),
                            file,
                            e.getClass().getSimpleName()));
        }
        return properties.stringPropertyNames().stream()
                .collect(Collectors.toMap(Function.identity(), properties::getProperty));
    }

    private String slotName(String name) {
        String slot = text(ConfigKey.SOURCE_SLOT).orElse("pg2citus_" + name);
        if (!slot.matches("[a-z0-9_]{1,63}")) {
            problems.add("source.slot: '%s' is not 1 to 63 lower-case letters, digits or _".formatted(slot));
        }
        return slot;
    }

    private List<TablePattern> patterns(ConfigKey key, List<String> otherwise) {
        List<TablePattern> patterns = new ArrayList<>();
        for (String text : values.getOrDefault(key, otherwise)) {
            try {
                patterns.add(new TablePattern(text.strip()));
            } catch (IllegalArgumentException e) {
                problems.add(key.path() + ": " + e.getMessage());
            }
        }
        return patterns;
    }

    private Optional<Integer> number(ConfigKey key, int least, int most) {
        Optional<String> text = text(key);
        if (text.isPresent()
                && (!text.get().matches("\\d{1,9}")
                        || Integer.parseInt(text.get()) < least
                        || Integer.parseInt(text.get()) > most)) {
            problems.add("%s: '%s' is not a number from %d to %d".formatted(key.path(), text.get(), least, most));
            return Optional.empty();
        }
        return text.map(Integer::valueOf);
    }

    private WatchPolicy watch() {
        WatchPolicy standard = WatchPolicy.DEFAULT;
        return new WatchPolicy(
                number(ConfigKey.POLICY_STALLED_AFTER_SECONDS, 5, 86_400)
                        .map(Duration::ofSeconds)
                        .orElse(standard.stalledAfter()),
                bool(ConfigKey.POLICY_CAPTURE_WHEN_HALTED).orElse(standard.captureWhenHalted()),
                minutes(ConfigKey.POLICY_WARN_BELOW_MINUTES).orElse(standard.warnBelow()),
                minutes(ConfigKey.POLICY_ALERT_BELOW_MINUTES).orElse(standard.alertBelow()),
                minutes(ConfigKey.POLICY_PAUSE_BELOW_MINUTES).filter(below -> !below.isZero()),
                minutes(ConfigKey.POLICY_RELEASE_BELOW_MINUTES).filter(below -> !below.isZero()),
                httpAddress(ConfigKey.POLICY_ALERT_WEBHOOK),
                text(ConfigKey.POLICY_ALERT_COMMAND),
                bool(ConfigKey.POLICY_DRY_RUN).orElse(standard.dryRun()));
    }

    private Optional<Duration> minutes(ConfigKey key) {
        return number(key, 0, 1_000_000).map(Duration::ofMinutes);
    }

    private Optional<Boolean> bool(ConfigKey key) {
        Optional<String> text = text(key);
        if (text.isPresent() && !text.get().equals("true") && !text.get().equals("false")) {
            problems.add("%s: '%s' is not true or false".formatted(key.path(), text.get()));
            return Optional.empty();
        }
        return text.map(Boolean::valueOf);
    }

    private Optional<URI> httpAddress(ConfigKey key) {
        Optional<String> text = text(key);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            URI uri = URI.create(text.get());
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return Optional.of(uri);
            }
        } catch (IllegalArgumentException e) {
            // reported below, as any other text that is no address
        }
        problems.add("%s: '%s' is not like http://host:8083".formatted(key.path(), text.get()));
        return Optional.empty();
    }

    private Optional<String> text(ConfigKey key) {
        List<String> all = values.getOrDefault(key, List.of());
        return all.isEmpty() || all.get(0).isBlank()
                ? Optional.empty()
                : Optional.of(all.get(0).strip());
    }

    private Path path(String text) {
        return text.equals("~") || text.startsWith("~/")
                ? home.resolve(text.substring(Math.min(2, text.length())))
                : Path.of(text).toAbsolutePath();
    }

    private static boolean isList(ConfigKey key) {
        return key == ConfigKey.TABLES_INCLUDE || key == ConfigKey.TABLES_EXCLUDE;
    }

    private static List<String> commaSeparated(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    private static String didYouMean(String unknown, Collection<String> known) {
        return Nearest.to(unknown, known)
                .map(near -> "; did you mean " + near + "?")
                .orElse("");
    }
}
