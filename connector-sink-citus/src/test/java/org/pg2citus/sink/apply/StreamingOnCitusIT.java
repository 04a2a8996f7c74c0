package org.pg2citus.sink.apply;

class StreamingOnCitusIT extends StreamingScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.CITUS;
    }
}
