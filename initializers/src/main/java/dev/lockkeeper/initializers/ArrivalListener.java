// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.initializers;

import dev.lockkeeper.initializers.ArrivalController.ShipArrived;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.modulith.events.ApplicationModuleListener;
import org.springframework.stereotype.Component;

/**
 * Greets each ship that arrives.
 */
@Component
class ArrivalListener {

	private static final Log logger = LogFactory.getLog(ArrivalListener.class);

	@ApplicationModuleListener
	void on(ShipArrived event) {
		logger.info("Welcome, " + event.ship());
	}

}
