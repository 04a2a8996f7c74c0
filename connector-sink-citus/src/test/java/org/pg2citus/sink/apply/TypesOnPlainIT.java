package org.pg2citus.sink.apply;

class TypesOnPlainIT extends TypeScenarios {

    @Override
    TestTarget.On on() {
        return TestTarget.On.PLAIN;
    }
}
