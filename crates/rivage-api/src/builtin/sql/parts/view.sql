
insert into page_view_day as v (day, path, views)
select current_date, path, 1 from page where path = :path and not draft
on conflict (day, path) do update set views = v.views + 1;

insert into referrer_day as r (day, host, views)
select current_date, :referrer, 1
 where :referrer is not null and exists (select from page where path = :path and not draft)
   -- Anyone may send any host: there is an end to it.
   and (exists (select from referrer_day where day = current_date and host = :referrer)
        or (select count(*) from referrer_day where day = current_date) < 1000)
on conflict (day, host) do update set views = r.views + 1;
