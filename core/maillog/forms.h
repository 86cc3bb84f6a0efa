/* SPDX-License-Identifier: MIT */
/*
 * Every line form of the mail log.  FORM(form, event, pattern) is a form in
 * its newest spelling, the one that is written; each ALSO(form, pattern) below
 * it is an older or another spelling, read as the same event.  When a line fits
 * several rows the first wins.
 *
 * A pattern is literal text and the names of fields (maillog.h).  OPT(..) is a
 * part that may be missing, written when its first field is set.  BARE(field)
 * is a field that has quotes elsewhere and none here.
 */
#ifndef FAULTPOST_MAILLOG_FORMS_H
#define FAULTPOST_MAILLOG_FORMS_H

#define MAILLOG_TABLE(FORM, ALSO)                                              \
	MAILLOG_FILE_FORMS(FORM, ALSO)                                         \
	MAILLOG_INJECTION_FORMS(FORM, ALSO)                                    \
	MAILLOG_MESSAGE_FORMS(FORM, ALSO)                                      \
	MAILLOG_DELIVERY_FORMS(FORM, ALSO)                                     \
	MAILLOG_OUTCOME_FORMS(FORM, ALSO)                                      \
	MAILLOG_SYSTEM_FORMS(FORM, ALSO)                                       \
	MAILLOG_OTHER_LOG_FORMS(FORM, ALSO)

/* clang-format off */
#define MAILLOG_FILE_FORMS(FORM, ALSO) \
FORM(BEGIN_LOGFILE, "begin_logfile", "Begin Logfile") \
FORM(END_LOGFILE, "end_logfile", "End Logfile") \
FORM(VERSION, "version", "Version: " VERSION " SN: " SERIAL) \
FORM(TIME_OFFSET, "time_offset", \
	"Time offset from UTC: " OFFSET " seconds") \
FORM(STATUS, "status", "Status: " TEXT)

#define MAILLOG_INJECTION_FORMS(FORM, ALSO) \
FORM(ICID_NEW, "icid_new", \
	"New SMTP ICID " ICID " interface " INTERFACE " (" INTERFACE_IP ")" \
	" address " ADDRESS " reverse dns host " HOST " verified " VERIFIED) \
ALSO(ICID_NEW, \
	"New SMTP ICID " ICID " interface " INTERFACE " (" INTERFACE_IP ")" \
	" address " ADDRESS " reverse DNS host " HOST " verified " VERIFIED) \
ALSO(ICID_NEW, \
	"New smtp ICID " ICID " interface " INTERFACE " (" INTERFACE_IP ")" \
	" address " ADDRESS " reverse dns host " HOST " verified " VERIFIED) \
ALSO(ICID_NEW, \
	"New smtp ICID " ICID " interface " INTERFACE " (" INTERFACE_IP ")" \
	" address " ADDRESS " reverse DNS host " HOST " verified " VERIFIED) \
ALSO(ICID_NEW, \
	"New SMTP ICID " ICID " interface " INTERFACE " address " ADDRESS) \
ALSO(ICID_NEW, \
	"New smtp ICID " ICID " interface " INTERFACE " address " ADDRESS) \
FORM(ICID_ACCEPT, "icid_accept", \
	"ICID " ICID " ACCEPT SG " GROUP " match " MATCH " SBRS " SCORE \
	OPT(" country " COUNTRY)) \
FORM(ICID_RELAY, "icid_relay", \
	"ICID " ICID " RELAY SG " GROUP " match " MATCH " SBRS " SCORE \
	OPT(" country " COUNTRY)) \
FORM(ICID_REJECT, "icid_reject", \
	"ICID " ICID " REJECT SG " GROUP " match " MATCH " SBRS " SCORE \
	OPT(" country " COUNTRY)) \
FORM(ICID_TCPREFUSE, "icid_tcprefuse", \
	"ICID " ICID " TCPREFUSE SG " GROUP " match " MATCH " SBRS " SCORE \
	OPT(" country " COUNTRY)) \
FORM(ICID_DELAYED_REJECT, "icid_delayed_reject", \
	"ICID " ICID " Delayed HAT REJECT continuing session for recipient" \
	" logging (" ADDRESS ")") \
FORM(ICID_TLS_SUCCESS, "icid_tls_success", \
	"ICID " ICID " TLS success" \
	OPT(" protocol " PROTOCOL " cipher " CIPHER)) \
FORM(ICID_TLS_FAILED, "icid_tls_failed", \
	"ICID " ICID " TLS failed" OPT(": " ERROR)) \
FORM(ICID_TLS_REQUIRED, "icid_tls_required", \
	"ICID " ICID " TLS was required but remote host did not initiate it") \
FORM(ICID_LOST, "icid_lost", "ICID " ICID " lost") \
FORM(ICID_CLOSE, "icid_close", "ICID " ICID " close") \
FORM(ICID_IDLE, "icid_idle", \
	"ICID " ICID " disconnected address " ADDRESS \
	", no messages injected within timeout period") \
FORM(ICID_OVERTIME, "icid_overtime", \
	"ICID " ICID " disconnected address " ADDRESS \
	", exceeded allowable connection time") \
ALSO(ICID_OVERTIME, \
	"ICID " ICID " disconnected address " ADDRESS \
	" exceeded allowable connection time") \
FORM(ICID_CONNECTION_LOST, "icid_connection_lost", \
	"ICID " ICID " Connection from " ADDRESS " on interface " INTERFACE \
	" (" INTERFACE_IP ") lost after " ELAPSED " seconds" \
	" (DNS query took " DNS_ELAPSED " seconds)," \
	" before any commands were received") \
FORM(ICID_RECEIVING_FAILED, "icid_receiving_failed", \
	"ICID " ICID " Receiving Failed: " ERROR) \
FORM(ICID_SENDER_REJECTED, "icid_sender_rejected", \
	"ICID " ICID " Address: " FROM " sender rejected, " REASON) \
FORM(ICID_SENDER_ALLOWED, "icid_sender_allowed", \
	"ICID " ICID " Address: " FROM " sender allowed, " REASON) \
FORM(ICID_INVALID_ADDRESS, "icid_invalid_address", \
	"ICID " ICID OPT(" MID " MID) " Invalid " ROLE " address: " ERROR \
	" " PART) \
FORM(ICID_UNKNOWN_COMMAND, "icid_unknown_command", \
	"ICID " ICID " Unknown command: " TEXT) \
FORM(ICID_BAD_SYNTAX, "icid_bad_syntax", \
	"ICID " ICID " Bad syntax for command: " TEXT)

#define MAILLOG_MESSAGE_FORMS(FORM, ALSO) \
FORM(START_MID, "start_mid", \
	"Start MID " MID " ICID " ICID OPT(" (" NOTE ")")) \
FORM(MID_FROM, "mid_from", "MID " MID " ICID " ICID " From: " FROM) \
FORM(MID_TO, "mid_to", \
	"MID " MID " ICID " ICID " RID " RID " To: " TO) \
FORM(MID_TO_REJECTED, "mid_to_rejected", \
	"MID " MID " ICID " ICID " To: " TO " Rejected by " AGENT) \
FORM(MID_INVALID_BOUNCE, "mid_invalid_bounce", \
	"MID " MID " ICID " ICID " invalid bounce, rcpt address " TO \
	" rejected by bounce verification.") \
FORM(MID_MESSAGE_ID, "mid_message_id", \
	"MID " MID " Message-ID " MESSAGE_ID) \
ALSO(MID_MESSAGE_ID, "MID " MID " Message-ID " BARE(MESSAGE_ID)) \
FORM(MID_SUBJECT, "mid_subject", "MID " MID " Subject " SUBJECT) \
ALSO(MID_SUBJECT, "MID " MID " Subject \"" BARE(SUBJECT) "\"") \
ALSO(MID_SUBJECT, "MID " MID " Subject " BARE(SUBJECT)) \
FORM(MID_READY, "mid_ready", \
	"MID " MID " ready " BYTES " bytes from " FROM) \
FORM(MID_POLICY, "mid_policy", \
	"MID " MID " matched all recipients for per-recipient policy " POLICY \
	" in the " TABLE " table") \
FORM(MID_SPLIT, "mid_split", \
	"MID " MID " was split creating MID " OTHER_MID \
	" due to a per-recipient policy " POLICY) \
FORM(MID_REWRITTEN, "mid_rewritten", \
	"MID " MID " rewritten to MID " OTHER_MID " by " AGENT \
	OPT(" filter " FILTER)) \
ALSO(MID_REWRITTEN, \
	"MID " MID " rewritten to " OTHER_MID " by " AGENT \
	OPT(" filter " FILTER)) \
FORM(BOUNCE_GENERATED, "bounce_generated", \
	"MID " MID " generated for bounce of MID " OTHER_MID) \
ALSO(BOUNCE_GENERATED, \
	"MID " MID " was generated for bounce of MID " OTHER_MID) \
FORM(MESSAGE_GENERATED, "message_generated", \
	"MID " MID " generated based on MID " OTHER_MID " by " AGENT \
	OPT(" filter " FILTER)) \
ALSO(MESSAGE_GENERATED, \
	"MID " MID " was generated based on MID " OTHER_MID " by " AGENT \
	OPT(" filter " FILTER)) \
FORM(MESSAGE_ABORTED, "message_aborted", \
	"Message aborted MID " MID " " REASON) \
FORM(MESSAGE_FINISHED, "message_finished", \
	"Message finished MID " MID " " RESULT) \
FORM(MID_QUEUED, "mid_queued", "MID " MID " queued for delivery")

#define MAILLOG_DELIVERY_FORMS(FORM, ALSO) \
FORM(DCID_NEW, "dcid_new", \
	"New SMTP DCID " DCID " interface " INTERFACE " address " ADDRESS \
	" port " PORT) \
ALSO(DCID_NEW, \
	"New SMTP DCID " DCID " interface " INTERFACE " address " ADDRESS) \
FORM(DCID_TLS_SUCCESS, "dcid_tls_success", \
	"DCID " DCID " TLS success" \
	OPT(" protocol " PROTOCOL " cipher " CIPHER) \
	OPT(" CN=" CN) OPT(" for " DOMAIN)) \
ALSO(DCID_TLS_SUCCESS, \
	"DCID " DCID " TLS success" \
	OPT(" protocol " PROTOCOL " cipher " CIPHER) \
	" CN: " CN OPT(" for " DOMAIN)) \
FORM(DCID_TLS_FAILED, "dcid_tls_failed", \
	"DCID " DCID " TLS failed: " ERROR) \
FORM(DCID_STARTTLS_UNSUPPORTED, "dcid_starttls_unsupported", \
	"DCID " DCID " STARTTLS command not supported.") \
FORM(DCID_TLS_REQUIRED, "dcid_tls_required", \
	"DCID " DCID " IP " ADDRESS " TLS was required but could not be" \
	" successfully negotiated") \
FORM(DCID_TLS_ERROR, "dcid_tls_error", \
	"DCID " DCID " IP " ADDRESS " TLS error: " ERROR) \
FORM(DCID_TLS_DEFERRING, "dcid_tls_deferring", \
	"DCID " DCID " TLS deferring: " ERROR) \
FORM(DELIVERY_START, "delivery_start", \
	"Delivery start DCID " DCID " MID " MID " to RID [" RIDS "]") \
ALSO(DELIVERY_START, \
	"Delivery start DCID " DCID " MID " MID " to [" RIDS "]") \
FORM(MESSAGE_DONE, "message_done", \
	"Message done DCID " DCID " MID " MID " to RID [" RIDS "]" \
	OPT(" [" HEADERS "]")) \
ALSO(MESSAGE_DONE, \
	"Message done DCID " DCID " MID " MID " to [" RIDS "]" \
	OPT(" [" HEADERS "]")) \
FORM(MID_RESPONSE, "mid_response", \
	"MID " MID " RID [" RIDS "] Response " RESPONSE) \
ALSO(MID_RESPONSE, "MID " MID " RID [" RIDS "] Response " BARE(RESPONSE)) \
FORM(POSSIBLE_DELIVERY, "possible_delivery", \
	"Possible Delivery: DCID: " DCID " MID " MID " to [" RIDS "]") \
FORM(DCID_CLOSE, "dcid_close", "DCID " DCID " close")

#define MAILLOG_OUTCOME_FORMS(FORM, ALSO) \
FORM(CONNECTION_ERROR, "connection_error", \
	"Connection Error: DCID " DCID " domain: " DOMAIN " IP: " ADDRESS \
	" port: " PORT " details: " DETAILS " interface: " INTERFACE \
	" reason: " REASON) \
ALSO(CONNECTION_ERROR, \
	"Connection Error: DCID: " DCID " IP: " ADDRESS \
	" details: " DETAILS " interface: " INTERFACE " reason: " REASON) \
ALSO(CONNECTION_ERROR, \
	"Connection Error: " REASON " DCID: " DCID " IP: " ADDRESS \
	" details: " DETAILS " interface: " INTERFACE) \
FORM(DELAYED, "delayed", \
	"Delayed: DCID " DCID " MID " MID " to RID " RID \
	" - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "]) [" HEADERS "]") \
ALSO(DELAYED, \
	"Delayed: DCID " DCID " MID " MID " to RID " RID \
	" - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])") \
ALSO(DELAYED, \
	"Delayed: DCID " DCID " MID " MID " From: " FROM " To: " TO \
	" RID " RID " - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])" \
	OPT(" [" HEADERS "]")) \
ALSO(DELAYED, \
	"Delayed: DCID " DCID " MID " MID " From:" FROM " To:" TO \
	" RID " RID " - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])" \
	OPT(" [" HEADERS "]")) \
ALSO(DELAYED, \
	"Delayed: DCID: " DCID " Message " MID " to " RID \
	" - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])" \
	OPT(" [" HEADERS "]")) \
FORM(BOUNCED, "bounced", \
	"Bounced: DCID " DCID " MID " MID " to RID " RID \
	" - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "]) [" HEADERS "]") \
ALSO(BOUNCED, \
	"Bounced: DCID " DCID " MID " MID " to RID " RID \
	" - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])") \
ALSO(BOUNCED, \
	"Bounced: DCID " DCID " MID " MID " From: " FROM " To: " TO \
	" RID " RID " - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])" \
	OPT(" [" HEADERS "]")) \
ALSO(BOUNCED, \
	"Bounced: DCID " DCID " MID " MID " From:" FROM " To:" TO \
	" RID " RID " - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])" \
	OPT(" [" HEADERS "]")) \
ALSO(BOUNCED, \
	"Bounced: DCID: " DCID " Message " MID " to " RID \
	" - " ENHANCED " - " TEXT " ('" CODE "', [" LINES "])" \
	OPT(" [" HEADERS "]")) \
FORM(DOUBLE_BOUNCE, "double_bounce", \
	"Double bounce: MID " MID " to RID " RID " - " ENHANCED " - " TEXT \
	" " CODE "-" RESPONSE) \
ALSO(DOUBLE_BOUNCE, \
	"Double bounce: MID " MID " to RID " RID " - " ENHANCED " - " TEXT) \
ALSO(DOUBLE_BOUNCE, \
	"Double bounce: Message " MID " to " RID " - " ENHANCED " - " TEXT \
	" " CODE "-" RESPONSE) \
ALSO(DOUBLE_BOUNCE, \
	"Double bounce: Message " MID " to " RID " - " ENHANCED " - " TEXT) \
FORM(PENDING, "pending", \
	"MID " MID " to RID [" RIDS "] pending till " TILL \
	" [" PROFILE "]") \
ALSO(PENDING, "MID " MID " to RID [" RIDS "] pending till " TILL) \
ALSO(PENDING, "Message " MID " to RID [" RIDS "] pending till " TILL) \
FORM(DELETED, "deleted", "Deleted: MID " MID " to [" RIDS "]")

#define MAILLOG_SYSTEM_FORMS(FORM, ALSO) \
FORM(CLIENT_EXITED, "client_exited", \
	"Mail delivery client with DCID " DCID " exited due to the maximum" \
	" concurrency configuration.") \
FORM(CONNECTION_KILLED, "connection_killed", \
	"SMTP client connection killed DCID: " DCID) \
FORM(DELIVERY_SUSPENDED, "delivery_suspended", \
	"Deliveries are currently suspended" OPT(" [" DOMAIN "]")) \
ALSO(DELIVERY_SUSPENDED, "Deliveries are currently suspended " DOMAIN) \
FORM(SCAN_START, "scan_start", \
	"Scanning " DOMAIN " with " COUNT " msgs for expiration candidates.") \
FORM(SCAN_DONE, "scan_done", \
	"Done scanning " DOMAIN ",  " COUNT " msgs remain in queue.") \
FORM(DNS_TEMPORARY_FAILURE, "dns_temporary_failure", \
	"DNS Temporary Failure " DOMAIN " " QUERY_TYPE " - " ERROR) \
FORM(DNS_LAME_REFERRAL, "dns_lame_referral", \
	"lame DNS referral" OPT(": " ERROR)) \
FORM(DEBUG_SENT, "debug_sent", DCID " Sent: " TEXT) \
FORM(DEBUG_RCVD, "debug_rcvd", DCID " Rcvd: " TEXT) \
FORM(DEBUG_SENT_TO, "debug_sent_to", \
	ICID " Sent to '" ADDRESS "': " TEXT) \
FORM(DEBUG_RCVD_FROM, "debug_rcvd_from", \
	ICID " Rcvd from '" ADDRESS "': " TEXT) \
FORM(INTERNAL_SMTP_ERROR, "internal_smtp_error", \
	"Internal SMTP Error: Failed to send message to host " ADDRESS ":" \
	PORT " for recipient " TO ": Unexpected SMTP response \"" CODE \
	"\", expecting code starting with \"" EXPECTED \
	"\", response was [" LINES "].") \
ALSO(INTERNAL_SMTP_ERROR, \
	"Internal SMTP Error: Failed to send message to host " ADDRESS ":" \
	PORT " for recipient " TO ": " ERROR) \
FORM(INTERNAL_SMTP_GAVE_UP, "internal_smtp_gave_up", \
	"Internal SMTP giving up on message to " TO " with subject " SUBJECT \
	": " ERROR ".") \
FORM(INTERNAL_SMTP_SENT, "internal_smtp_sent", \
	"Internal SMTP system successfully sent a message to " TO \
	" with subject " SUBJECT ".") \
FORM(QUEUE_REFUSES, "queue_refuses", \
	"The queue's disk refuses writes: " ERROR) \
FORM(QUEUE_ACCEPTS, "queue_accepts", \
	"The queue's disk takes writes again") \
FORM(QUEUE_SET_ASIDE, "queue_set_aside", \
	"The queue is damaged and was set aside: " ERROR)

/* Of the bounce log and the delivery log; what the latter's begin with is XML,
 * as the appliance's converter writes it. */
#define MAILLOG_OTHER_LOG_FORMS(FORM, ALSO) \
FORM(BOUNCE_LOG_BOUNCED, "bounce_log_bounced", \
	"Bounced: " MID ":" RID " From:" FROM " To:" TO " Reason: \"" \
	ENHANCED " - " TEXT "\" Response: \"('" CODE "', [" LINES "])\"") \
FORM(BOUNCE_LOG_DELAYED, "bounce_log_delayed", \
	"Delayed: " MID ":" RID " From:" FROM " To:" TO " Reason: \"" \
	ENHANCED " - " TEXT "\" Response: \"('" CODE "', [" LINES "])\"") \
FORM(DELIVERY_LOG_SUCCESS, "delivery_log_success", \
	"<success del_time=\"" DEL_TIME "\" inj_time=\"" INJ_TIME \
	"\" bytes=\"" BYTES "\" mid=\"" MID "\" ip=\"" ADDRESS \
	"\" from=\"" SENDER "\" source_ip=\"" SOURCE_IP \
	"\" code=\"" CODE "\" reply=\"" REPLY "\"><rcpt rid=\"" RID \
	"\" to=\"" RECIPIENT "\" attempts=\"" ATTEMPTS "\" /></success>") \
FORM(DELIVERY_LOG_BOUNCE, "delivery_log_bounce", \
	"<bounce del_time=\"" DEL_TIME "\" inj_time=\"" INJ_TIME \
	"\" bytes=\"" BYTES "\" mid=\"" MID "\" ip=\"" ADDRESS \
	"\" from=\"" SENDER "\" source_ip=\"" SOURCE_IP \
	"\" reason=\"" ENHANCED " - " TEXT "\" code=\"" CODE \
	"\" error=\"" REPLY "\"><rcpt rid=\"" RID "\" to=\"" RECIPIENT \
	"\" attempts=\"" ATTEMPTS "\" /></bounce>")
/* clang-format on */

#endif
