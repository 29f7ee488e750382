package io.postern.smtp;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What each package may use. The packages and their duties are told in their {@code package-info}. */
class ArchitectureTest {
    private static final String API = "io.postern.smtp";
    private static final String ENGINE = "io.postern.smtp.protocol..";
    private static final String DRIVER = "io.postern.smtp.server..";
    private static final String SASL = "io.postern.smtp.sasl..";

    private static final JavaClasses CORE = new ClassFileImporter().importPath(Path.of("target", "classes"));

    @Test
    void theEngineKnowsOnlyTheJdkAndTheValuesOfTheApi() {
        classes()
                .that()
                .resideInAPackage(ENGINE)
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(
                                "java.lang",
                                "java.lang.invoke",
                                "java.nio",
                                "java.nio.charset",
                                "java.util",
                                "java.util.function",
                                "java.util.stream",
                                "org.jspecify.annotations",
                                API,
                                ENGINE)
                        .or(equivalentTo(Duration.class)))
                .check(CORE);
    }

    @Test
    void nothingThatTheEngineReachesDoesInputOrOutputWaitsOrLooksAtTheClock() {
        classes()
                .that()
                .resideInAPackage(ENGINE)
                .should(reachNothingThat(resideInAnyPackage(
                                "io.vertx..",
                                "io.netty..",
                                "java.io",
                                "java.net..",
                                "javax.net..",
                                "java.nio.channels..")
                        .or(resideInAnyPackage("java.nio.file..", "java.util.concurrent..", "java.util.logging.."))
                        .or(belongToAnyOf(
                                Clock.class, Instant.class, System.Logger.class, Thread.class, ThreadLocal.class))))
                .andShould(reachNoCallOf("nanoTime", "currentTimeMillis", "getLogger", "getenv", "getProperty"))
                .check(CORE);
    }

    @Test
    void onlyTheServerOfTheApiUsesTheDriver() {
        noClasses()
                .that(not(resideInAPackage(DRIVER)).and(not(belongToAnyOf(SmtpServer.class))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(DRIVER)
                .check(CORE);
    }

    @Test
    void mechanismsOfAuthenticationKnowNeitherEngineNorDriver() {
        noClasses()
                .that()
                .resideInAPackage(SASL)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ENGINE, DRIVER, "io.netty..")
                .allowEmptyShould(true)
                .check(CORE);
    }

    @Test
    void onlyFourClassesTouchTheInternalsOfVertx() {
        noClasses()
                .that(not(belongTo("io.postern.smtp.server.Buffers")
                        .or(belongTo("io.postern.smtp.server.Sockets"))
                        .or(belongTo("io.postern.smtp.server.Contexts"))
                        .or(belongTo("io.postern.smtp.server.TransactionSpan"))))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.vertx.core.internal..")
                .check(CORE);
    }

    @Test
    void nobodyTouchesTheImplementationOfVertx() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.vertx..impl..")
                .check(CORE);
    }

    @Test
    void onlyTheDriverMayWaitOrStartAThread() {
        noClasses()
                .that(not(resideInAPackage(DRIVER)))
                .should()
                .callMethodWhere(target(owner(equivalentTo(Future.class))).and(target(name("await"))))
                .orShould()
                .callConstructorWhere(target(
                        owner(DescribedPredicate.describe("a thread", type -> type.isAssignableTo(Thread.class)))))
                .check(CORE);
    }

    private static DescribedPredicate<JavaClass> belongTo(String outermost) {
        return DescribedPredicate.describe(
                outermost,
                type -> type.getName().equals(outermost) || type.getName().startsWith(outermost + "$"));
    }

    /** Over any number of our own classes, so that a value cannot bring in by the back door what the engine may not use. */
    private static ArchCondition<JavaClass> reachNothingThat(DescribedPredicate<JavaClass> forbidden) {
        return new ArchCondition<>("reach nothing that " + forbidden.getDescription()) {
            @Override
            public void check(JavaClass start, ConditionEvents events) {
                reachedFrom(start).forEach((type, path) -> {
                    for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                        if (forbidden.test(dependency.getTargetClass().getBaseComponentType())) {
                            events.add(SimpleConditionEvent.violated(start, path + ": " + dependency.getDescription()));
                        }
                    }
                });
            }
        };
    }

    private static ArchCondition<JavaClass> reachNoCallOf(String... methodsOfSystem) {
        return new ArchCondition<>("reach no call of System." + String.join(", ", methodsOfSystem)) {
            @Override
            public void check(JavaClass start, ConditionEvents events) {
                reachedFrom(start).forEach((type, path) -> {
                    for (JavaAccess<?> access : type.getAccessesFromSelf()) {
                        if (access.getTargetOwner().isEquivalentTo(System.class)
                                && java.util.List.of(methodsOfSystem).contains(access.getName())) {
                            events.add(SimpleConditionEvent.violated(start, path + ": " + access.getDescription()));
                        }
                    }
                });
            }
        };
    }

    /** Our classes that {@code start} leads to, each with the way there. */
    private static Map<JavaClass, String> reachedFrom(JavaClass start) {
        Map<JavaClass, String> paths = new LinkedHashMap<>();
        Deque<JavaClass> open = new ArrayDeque<>();
        paths.put(start, start.getSimpleName());
        open.add(start);
        while (!open.isEmpty()) {
            JavaClass type = open.remove();
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                JavaClass next = dependency.getTargetClass().getBaseComponentType();
                if (next.getPackageName().startsWith(API) && !paths.containsKey(next)) {
                    paths.put(next, paths.get(type) + " -> " + next.getSimpleName());
                    open.add(next);
                }
            }
        }
        return paths;
    }
}
