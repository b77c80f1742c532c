// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.sample.deploy;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import dev.lockkeeper.testsupport.Requirement;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Gives each test a copy of the page, and sees that the tests of a class follow the whole
 * page. A run of some of these tests, and one in which one of them is skipped, is not
 * held to that.
 */
final class PageExtension implements BeforeAllCallback, AfterEachCallback, AfterAllCallback, ParameterResolver {

	private static final Namespace NAMESPACE = Namespace.create(PageExtension.class);

	@Override
	public void beforeAll(ExtensionContext context) {
		context.getStore(NAMESPACE).put(Progress.class, new Progress());
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return parameter.getParameter().getType() == DeployPage.class;
	}

	@Override
	public DeployPage resolveParameter(ParameterContext parameter, ExtensionContext context) {
		Requirement.require("bash", DeployPage.missing("bash"));
		DeployPage page = new DeployPage(textOf(context), progress(context).followed());
		// The store closes what it holds when the test is over
		context.getStore(NAMESPACE).put(page, page);
		return page;
	}

	@Override
	public void afterEach(ExtensionContext context) {
		if (context.getExecutionException().isEmpty()) {
			progress(context).succeeded().add(context.getRequiredTestMethod());
		}
	}

	@Override
	public void afterAll(ExtensionContext context) {
		Progress progress = progress(context);
		List<Method> tests = AnnotationSupport.findAnnotatedMethods(context.getRequiredTestClass(), Testable.class,
				HierarchyTraversalMode.TOP_DOWN);
		if (!progress.succeeded().containsAll(tests)) {
			return;
		}
		PageText page = textOf(context);
		List<String> remaining = new ArrayList<>(page.commands());
		remaining.addAll(page.outputs());
		remaining.removeAll(progress.followed());
		if (!remaining.isEmpty()) {
			throw new AssertionError("No test of %s follows these blocks of %s.md: %s"
				.formatted(context.getRequiredTestClass().getSimpleName(), page.name(), remaining));
		}
	}

	private static PageText textOf(ExtensionContext context) {
		return PageText.of(context.getRequiredTestClass().getAnnotation(ExecutesPage.class).value());
	}

	private static Progress progress(ExtensionContext context) {
		return Objects.requireNonNull(context.getStore(NAMESPACE).get(Progress.class, Progress.class));
	}

	/**
	 * How far the tests of a class are.
	 *
	 * @param followed the blocks that were executed or compared
	 * @param succeeded the tests that have succeeded
	 */
	private record Progress(Set<String> followed, Set<Method> succeeded) {

		Progress() {
			this(ConcurrentHashMap.newKeySet(), ConcurrentHashMap.newKeySet());
		}

	}

}
