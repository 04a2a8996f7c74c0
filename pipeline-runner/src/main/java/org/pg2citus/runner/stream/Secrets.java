package org.pg2citus.runner.stream;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.pg2citus.runner.config.Secret;

/**
 * Gives the embedded Connect worker the passwords by name, so that connector configurations, which anybody on this
 * machine can ask Connect for, hold references only.
 *
 * <p>Connect makes its own instance, so the passwords are static.
 */
public final class Secrets implements ConfigProvider {

    private static final Map<String, Secret> KNOWN = new ConcurrentHashMap<>();

    /** Remembers a password; the result is what a configuration has in its place. */
    static String reference(String name, Secret secret) {
        KNOWN.put(name, secret);
        return "${pg2citus::%s}".formatted(name);
    }

    @Override
    public ConfigData get(String path) {
        return get(path, KNOWN.keySet());
    }

    @Override
    public ConfigData get(String path, Set<String> names) {
        Map<String, String> found = new HashMap<>();
        for (String name : names) {
            Secret secret = KNOWN.get(name);
            if (secret != null) {
                found.put(name, secret.value());
            }
        }
        return new ConfigData(found);
    }

    @Override
    public void configure(Map<String, ?> configs) {}

    @Override
    public void close() {}
}
