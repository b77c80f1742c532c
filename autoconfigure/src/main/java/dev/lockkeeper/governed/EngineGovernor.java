// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.governed;

import java.util.List;
import java.util.stream.Stream;

import dev.lockkeeper.migration.MigrationTarget;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.support.MergedBeanDefinitionPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.core.Ordered;
import org.springframework.util.Assert;

/**
 * Governs the beans of one engine before they migrate. The container does not initialise
 * such a bean itself; whether, when and how it runs is the keeper's decision.
 *
 * @since 0.1.0
 */
public abstract class EngineGovernor implements MergedBeanDefinitionPostProcessor, BeanFactoryAware, Ordered {

	private final Governance governance;

	private @Nullable ListableBeanFactory beanFactory;

	/**
	 * Create a governor.
	 * @param governance what all governors of the process share
	 */
	protected EngineGovernor(Governance governance) {
		this.governance = governance;
		governance.join(this);
	}

	@Override
	public final void setBeanFactory(BeanFactory beanFactory) {
		this.beanFactory = (beanFactory instanceof ListableBeanFactory listable) ? listable : null;
	}

	@Override
	public final void postProcessMergedBeanDefinition(RootBeanDefinition beanDefinition, Class<?> beanType,
			String beanName) {
		String method = this.governance.isEnabled() ? findInitialization(beanDefinition, beanType, beanName) : null;
		if (method != null) {
			beanDefinition.registerExternallyManagedInitMethod(method);
		}
	}

	@Override
	public final Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (this.governance.isEnabled() && governs(bean, beanName)) {
			this.governance.seen(beanName);
			govern(bean, beanName);
		}
		return bean;
	}

	@Override
	public final int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	/**
	 * Return the method by which a bean would migrate when it is initialised.
	 * @param definition the definition of the bean
	 * @param type its type
	 * @param name its name
	 * @return the name of the method, which the container then does not call; or
	 * {@code null} when the bean does not migrate
	 */
	protected abstract @Nullable String findInitialization(RootBeanDefinition definition, Class<?> type, String name);

	/**
	 * Return whether a bean migrates.
	 * @param bean the bean
	 * @param name its name
	 * @return whether it is to be governed
	 */
	protected abstract boolean governs(Object bean, String name);

	/**
	 * Govern a bean: {@linkplain #keep hand over} each of its schemas, or leave it alone.
	 * @param bean the bean
	 * @param name its name
	 */
	protected abstract void govern(Object bean, String name);

	/**
	 * Find the beans that migrate. None is created.
	 * @param beans the beans of the application
	 * @return their names
	 */
	protected abstract Stream<String> findBeans(ListableBeanFactory beans);

	/**
	 * Return whether another bean has needed the schemas of the process. As long as none
	 * has, nothing of what governing needs is created.
	 * @return whether one has
	 */
	protected final boolean hasBegun() {
		return this.governance.hasBegun();
	}

	/**
	 * Return the schemas of the process.
	 * @return the schemas
	 */
	protected final GovernedSchemas getSchemas() {
		return this.governance.getSchemas();
	}

	/**
	 * Hand a schema over to the keeper, which returns when the process may go on.
	 * @param target the schema
	 * @param next the names of the schemas of the same bean that come next
	 */
	protected final void keep(MigrationTarget target, List<String> next) {
		ListableBeanFactory beans = this.beanFactory;
		Assert.state(beans != null, "The bean factory lists its beans");
		this.governance.keep(target, next, beans);
	}

}
