package org.pg2citus.source;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.cli.ConnectStandalone;
import org.apache.kafka.connect.runtime.Connect;
import org.apache.kafka.connect.runtime.rest.entities.ConfigInfos;
import org.apache.kafka.connect.runtime.rest.entities.ConnectorStateInfo;
import org.apache.kafka.connect.runtime.standalone.StandaloneHerder;
import org.apache.kafka.connect.util.FutureCallback;

/** A real Connect worker in this process. */
final class TestWorker implements AutoCloseable {

    private static final long TIMEOUT_S = 60;

    private final Connect<StandaloneHerder> connect;

    private TestWorker(Connect<StandaloneHerder> connect) {
        this.connect = connect;
    }

    static TestWorker start(String bootstrap, Path directory, Map<String, String> settings) {
        Map<String, String> worker = new HashMap<>(Map.of(
                "bootstrap.servers", bootstrap,
                "listeners", "http://127.0.0.1:0",
                "plugin.discovery", "service_load",
                "offset.storage.file.filename", directory.resolve("offsets").toString(),
                "offset.flush.interval.ms", "200",
                "key.converter", "org.apache.kafka.connect.json.JsonConverter",
                "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                "key.converter.schemas.enable", "false",
                "value.converter.schemas.enable", "false"));
        worker.putAll(settings);
        return new TestWorker(new ConnectStandalone().startConnect(worker));
    }

    void create(String name, Map<String, String> settings) throws Exception {
        var created = new FutureCallback<
                org.apache.kafka.connect.runtime.Herder.Created<
                        org.apache.kafka.connect.runtime.rest.entities.ConnectorInfo>>();
        connect.herder().putConnectorConfig(name, settings, true, created);
        created.get(TIMEOUT_S, TimeUnit.SECONDS);
    }

    ConfigInfos validate(Map<String, String> settings) throws Exception {
        var validated = new FutureCallback<ConfigInfos>();
        connect.herder().validateConnectorConfig(settings, validated);
        return validated.get(TIMEOUT_S, TimeUnit.SECONDS);
    }

    void delete(String name) throws Exception {
        var deleted = new FutureCallback<
                org.apache.kafka.connect.runtime.Herder.Created<
                        org.apache.kafka.connect.runtime.rest.entities.ConnectorInfo>>();
        connect.herder().deleteConnectorConfig(name, deleted);
        deleted.get(TIMEOUT_S, TimeUnit.SECONDS);
    }

    ConnectorStateInfo.TaskState awaitTaskState(String name, String state) throws InterruptedException {
        ConnectorStateInfo.TaskState task = null;
        for (int attempt = 0; attempt < TIMEOUT_S * 10; attempt++) {
            var tasks = connect.herder().connectorStatus(name).tasks();
            if (!tasks.isEmpty()) {
                task = tasks.get(0);
                if (task.state().equals(state)) {
                    return task;
                }
                if (task.state().equals("FAILED")) {
                    break;
                }
            }
            Thread.sleep(100);
        }
        throw new AssertionError("task of " + name + " is not " + state + " but "
                + (task == null ? "absent" : task.state() + ": " + task.trace()));
    }

    @Override
    public void close() {
        connect.stop();
        connect.awaitStop();
    }
}
