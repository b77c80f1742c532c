// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.autoconfigure;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.function.Supplier;

import dev.lockkeeper.migration.MigrationListener;
import dev.lockkeeper.redaction.Redaction;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.AnnotationAwareOrderComparator;
import org.springframework.core.annotation.Order;

/**
 * Creates the listeners of the application one by one, so that one that cannot be created
 * does not disable the others. Their order is that of an injected list.
 */
final class MigrationListenerBeans implements Supplier<List<MigrationListener>> {

	private static final Log logger = LogFactory.getLog(MigrationListenerBeans.class);

	private final ConfigurableListableBeanFactory beanFactory;

	MigrationListenerBeans(ConfigurableListableBeanFactory beanFactory) {
		this.beanFactory = beanFactory;
	}

	/**
	 * Create the listeners.
	 * @return those that could be created
	 * @throws BeansException when there are some, and none could be created
	 */
	@Override
	public List<MigrationListener> get() {
		List<MigrationListener> listeners = new ArrayList<>();
		IdentityHashMap<Object, String> names = new IdentityHashMap<>();
		List<Failed> failures = new ArrayList<>();
		for (String name : BeanFactoryUtils.beanNamesForTypeIncludingAncestors(this.beanFactory,
				MigrationListener.class)) {
			try {
				if (isCandidate(name)) {
					MigrationListener listener = this.beanFactory.getBean(name, MigrationListener.class);
					listeners.add(listener);
					names.put(listener, name);
				}
			}
			catch (BeansException ex) {
				failures.add(new Failed(name, ex));
			}
		}
		if (listeners.isEmpty() && !failures.isEmpty()) {
			throw failures.get(0).reason();
		}
		failures.forEach((failed) -> logger
			.warn("lockkeeper - a migration listener is disabled, because it could not be created (%s: %s)"
				.formatted(failed.name(), Redaction.redact(String.valueOf(failed.reason())))));
		listeners.sort(AnnotationAwareOrderComparator.INSTANCE
			.withSourceProvider((listener) -> findOrder(names.get(listener))));
		return listeners;
	}

	// The target of a scoped proxy is no candidate
	private boolean isCandidate(String name) {
		return !this.beanFactory.containsBeanDefinition(name)
				|| this.beanFactory.getMergedBeanDefinition(name).isAutowireCandidate();
	}

	// An annotation may stand at the method that creates the bean
	private @Nullable Ordered findOrder(@Nullable String name) {
		Order order = (name != null) ? this.beanFactory.findAnnotationOnBean(name, Order.class) : null;
		return (order != null) ? order::value : null;
	}

	/**
	 * A listener that could not be created.
	 *
	 * @param name the name of the bean
	 * @param reason why
	 */
	private record Failed(String name, BeansException reason) {
	}

}
