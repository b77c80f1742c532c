// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.jpa;

import org.springframework.data.jpa.repository.JpaRepository;

/**
 * A repository.
 */
public interface Ships extends JpaRepository<Ship, Long> {

}
