/* SPDX-License-Identifier: MIT */
/* Addresses of the loopback; see world_ev_loopback.h. */
#include "core/world/world_ev_loopback.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1 /* in every namespace */
#define PATIENCE_S     5 /* with the kernel */

/* A request about a link or an address. */
struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	} of;
	char attributes[64];
};

static void
add_attribute(
    struct request *r, unsigned short type, const void *bytes, size_t len)
{
	struct rtattr *a =
	    (struct rtattr *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), bytes, len);
	r->header.nlmsg_len =
	    NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* What the kernel says. */
union answer {
	struct nlmsghdr header;
	char bytes[8192];
};

/* A new IPv6 address is of use when the kernel has made a way to it, later. */
static int
socket_open(bool hears_ways)
{
	static const struct timeval patience = { .tv_sec = PATIENCE_S };
	const int group = RTNLGRP_IPV6_ROUTE;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		return -1;
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!hears_ways ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group,
		sizeof(group)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/* Whether it says that there is a way to the address now. */
static bool
is_way(union answer *answer, size_t len, const struct ip_address *to)
{
	const struct rtmsg *way = NLMSG_DATA(&answer->header);
	size_t at = NLMSG_LENGTH(sizeof(*way));

	if (answer->header.nlmsg_type != RTM_NEWROUTE || len < at ||
	    way->rtm_type != RTN_LOCAL)
		return false;
	while (at + RTA_LENGTH(sizeof(to->bytes)) <= len) {
		struct rtattr *a = (void *)(answer->bytes + at);

		if (a->rta_type == RTA_DST &&
		    a->rta_len == RTA_LENGTH(sizeof(to->bytes)) &&
		    memcmp(RTA_DATA(a), to->bytes, sizeof(to->bytes)) == 0)
			return true;
		at += a->rta_len > 0 ? RTA_ALIGN(a->rta_len) : len;
	}
	return false;
}

/* Hears until the request was answered, and until there is a way to the address
 * unless that is NULL.  0, or an errno. */
static int
hear_kernel(int fd, const struct ip_address *to)
{
	union answer answer;
	const struct nlmsgerr *error;
	bool is_answered = false;

	while (!is_answered || to != NULL) {
		ssize_t n = recv(fd, &answer, sizeof(answer), 0);

		if (n < (ssize_t)sizeof(answer.header))
			return n < 0 ? errno : EPROTO;
		if (to != NULL && is_way(&answer, (size_t)n, to))
			to = NULL;
		if (answer.header.nlmsg_type != NLMSG_ERROR)
			continue;
		error = NLMSG_DATA(&answer.header);
		if (error->error != 0)
			return -error->error;
		is_answered = true;
	}
	return 0;
}

/* What the kernel says to it: 0, or an errno. */
static int
ask_kernel(struct request *r, const struct ip_address *to)
{
	int fd = socket_open(to != NULL);
	int error = 0;

	if (fd < 0)
		return errno;
	r->header.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, r, r->header.nlmsg_len, 0) < 0)
		error = errno;
	else
		error = hear_kernel(fd, to);
	(void)close(fd);
	return error;
}

bool
world_loopback_up(struct err *err)
{
	struct request r = {
		.header = { .nlmsg_type = RTM_NEWLINK,
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)) },
		.of.link = { .ifi_index = LOOPBACK_INDEX,
		    .ifi_flags = IFF_UP,
		    .ifi_change = IFF_UP },
	};
	int error = ask_kernel(&r, NULL);

	return error == 0 ||
	    err_set(
		err, "the loopback cannot be brought up: %s", strerror(error));
}

bool
world_loopback_set(const struct ip_address *ip, bool is_there, struct err *err)
{
	const size_t len = ip->family == 4 ? 4 : 16;
	struct request r = {
		.header = { .nlmsg_type = is_there ? RTM_NEWADDR : RTM_DELADDR,
		    .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
		    .nlmsg_flags = is_there ? NLM_F_CREATE | NLM_F_EXCL : 0 },
		.of.address = { .ifa_family =
				    ip->family == 4 ? AF_INET : AF_INET6,
		    .ifa_prefixlen = (unsigned char)(len * 8),
		    .ifa_flags = IFA_F_NODAD,
		    .ifa_index = LOOPBACK_INDEX },
	};
	char text[IP_TEXT_MAX];
	int error;

	add_attribute(&r, IFA_LOCAL, ip->bytes, len);
	add_attribute(&r, IFA_ADDRESS, ip->bytes, len);
	error = ask_kernel(&r, is_there && ip->family == 6 ? ip : NULL);
	if (error == 0 || (is_there && error == EEXIST) ||
	    (!is_there && error == EADDRNOTAVAIL))
		return true;
	return err_set(err, "%s cannot be %s the loopback: %s",
	    ip_format(ip, text), is_there ? "put on" : "taken off",
	    strerror(error));
}
