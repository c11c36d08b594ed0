/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FERRITE_ERROR_H
#define FERRITE_ERROR_H

int ferrite_errno(int value);

#endif
