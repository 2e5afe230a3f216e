-- GET /api/reader
-- As whom reads are done, and whether that role may write.
-- @auth none
-- @returns one

select current_user as role, current_setting('transaction_read_only') as read_only
