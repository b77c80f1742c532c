// SPDX-License-Identifier: Apache-2.0

package dev.lockkeeper.compatibility.datajdbc;

import org.springframework.data.repository.ListCrudRepository;

/**
 * A repository.
 */
public interface Vessels extends ListCrudRepository<Vessel, Long> {

}
