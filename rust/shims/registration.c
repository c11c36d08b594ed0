// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mutex.h>
#include "registration.h"

static LIST_HEAD(ferrite_registrations);
static DEFINE_MUTEX(ferrite_registrations_lock);

void ferrite_registration_add(struct ferrite_registration *registration)
{
	mutex_lock(&ferrite_registrations_lock);
	list_add(&registration->link, &ferrite_registrations);
	mutex_unlock(&ferrite_registrations_lock);
}

/* Whether it was there. */
bool ferrite_registration_remove(struct ferrite_registration *registration)
{
	bool there;

	mutex_lock(&ferrite_registrations_lock);
	there = !list_empty(&registration->link);
	list_del_init(&registration->link);
	mutex_unlock(&ferrite_registrations_lock);
	return there;
}

/* The last one that was added; held, since its owner may give it up at once. */
struct ferrite_registration *ferrite_registration_take(void)
{
	struct ferrite_registration *registration;

	mutex_lock(&ferrite_registrations_lock);
	registration = list_first_entry_or_null(&ferrite_registrations, struct ferrite_registration, link);
	if (registration) {
		list_del_init(&registration->link);
		registration->hold(registration);
	}
	mutex_unlock(&ferrite_registrations_lock);
	return registration;
}
