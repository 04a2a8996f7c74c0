package org.pg2citus.sink.apply;

class ForeignKeysOnPlainIT extends ForeignKeyScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
